"""What bad input gets: a problem with a stable code, good neighbours stored, a server that neither crashes, hangs nor grows."""

from __future__ import annotations

import gzip
import json
import socket
import urllib.parse
import zlib

import pytest
import zstandard

from conftest import assert_problem, event, ndjson, now_text, submission

MEBIBYTE = 1 << 20


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def line(**members) -> bytes:
    return json.dumps(event(**members)).encode()


def raw(text: str) -> bytes:
    """A line around members written as text, for what json.dumps cannot write."""
    good = json.dumps(event())
    return (good[:-1] + "," + text + "}").encode()


# ---- One bad event between good ones: name, the line, code, pointer (None: not checked).
BAD_EVENTS = [
    ("cut short", b'{"event_id":"x","type":', "event_not_json", None),
    ("no object", b"[1,2,3]", "event_not_object", None),
    ("a number", b"42", "event_not_object", None),
    ("a wrong type", line(duration_ms="soon"), "field_type", "/duration_ms"),
    ("an unknown field", line(colour="blue"), "field_unknown", "/colour"),
    ("a missing field", line(type=None), "field_missing", "/type"),
    ("too long a text", line(source="x" * 5000), "field_too_long", "/source"),
    ("an identifier with spaces", line(event_id="a b"), "field_pattern", "/event_id"),
    ("an empty identifier", line(event_id=""), "field_pattern", "/event_id"),
    ("the year 1970", line(time="1970-01-01T00:00:00Z"), "time_too_old", "/time"),
    ("the year 2090", line(time="2090-01-01T00:00:00Z"), "time_too_new", "/time"),
    ("a time without zone", line(time="2026-03-02T15:04:05"), "time_invalid", "/time"),
    ("a day that is none", line(time="2026-02-30T15:04:05Z"), "time_invalid", "/time"),
    ("invalid UTF-8", line(source="QQ").replace(b"QQ", b"\xff\xfe"), "event_not_json", None),
    ("a lone surrogate", line(source="QQ").replace(b"QQ", b"\\ud800"), "event_not_json", None),
    ("a duplicate key", raw('"type":"log"'), "field_duplicate", "/type"),
    ("deep nesting", raw('"input":' + nested(200)), "event_too_deep", None),
    ("NaN", raw('"duration_ms":NaN'), "event_not_json", None),
    ("too large a number", raw('"duration_ms":1e999'), "field_range", "/duration_ms"),
    ("too large an integer", raw('"attributes":{"a":1,"b":123456789012345678901234567890}'), "field_range", "/attributes/b"),
    ("a large number that is malformed", raw('"duration_ms":1e999.5'), "event_not_json", None),
    ("a negative duration", line(duration_ms=-1), "field_range", "/duration_ms"),
    ("more than a mebibyte", line(input="x" * (MEBIBYTE + 1000)), "event_too_large", None),
    ("a failure without error", line(outcome="failure"), "field_missing", "/error"),
    ("an unknown category", line(outcome="failure", error={"category": "weather", "code": "rain"}), "field_value", "/error/category"),
    ("65 attributes", line(attributes={f"k{n}": n for n in range(65)}), "field_too_many", "/attributes"),
    ("a nested attribute", line(attributes={"a": {"b": 1}}), "field_type", "/attributes/a"),
]


@pytest.mark.parametrize("bad, code, pointer", [case[1:] for case in BAD_EVENTS], ids=[case[0] for case in BAD_EVENTS])
def test_a_bad_event_is_named_and_its_neighbours_are_accepted(server, client, bad, code, pointer):
    answer = server.post_events(client, line() + b"\n" + bad + b"\n" + line() + b"\n")
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert said["accepted"] == 2, said
    assert [item["index"] for item in said["rejected"]] == [1]
    rejection = said["rejected"][0]
    assert rejection["code"] == code, rejection
    assert rejection["message"]
    if pointer is not None:
        assert rejection["pointer"] == pointer


def test_invalid_utf8_in_an_array_hides_no_neighbour(server, client):
    answer = server.post_events(client, b"[" + line() + b',{"event_id":"\xff"},' + line() + b"]", "application/json")
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == 2
    assert [(item["index"], item["code"]) for item in answer.json()["rejected"]] == [(1, "event_not_json")]


def test_a_batch_with_nothing_valid_is_refused_with_its_verdicts(server, client):
    answer = server.post_events(client, line(type=None) + b"\n" + line(time="never") + b"\n")
    assert answer.status_code == 422
    said = answer.json()
    assert said["accepted"] == 0 and len(said["rejected"]) == 2


# ---- A request as a whole.
SPACES = gzip.compress(b" " * (66 * MEBIBYTE), 9)
BAD_BODIES = [
    ("malformed JSON", b'[{"event_id":', "application/json", {}, 400, "body_not_json"),
    ("no JSON at all", b"hello", "application/json", {}, 400, "batch_shape_invalid"),
    ("an array that never ends", b"[1,2", "application/json", {}, 400, "body_not_json"),
    ("an empty body", b"", "application/json", {}, 400, "body_empty"),
    ("a shape that is no batch", b'{"items":[]}', "application/json", {}, 400, "batch_shape_invalid"),
    ("a number", b"7", "application/json", {}, 400, "batch_shape_invalid"),
    ("an unknown encoding", b"[]", "application/json", {"content_encoding": "br"}, 415, "encoding_unsupported"),
    ("an unknown type", b"a,b\n1,2\n", "text/csv", {}, 415, "media_type_unsupported"),
    ("more than 10 MiB", b" " * (11 * MEBIBYTE), "application/json", {}, 413, "body_too_large"),
    ("a zip bomb", SPACES, "application/json", {"content_encoding": "gzip"}, 413, "body_expands_too_large"),
    ("a truncated gzip", gzip.compress(ndjson([event()] * 50))[:-20], "application/x-ndjson", {"content_encoding": "gzip"}, 400, "body_encoding_invalid"),
    ("no gzip", b"not compressed", "application/x-ndjson", {"content_encoding": "gzip"}, 400, "body_encoding_invalid"),
    ("zlib instead of gzip", zlib.compress(b"[]"), "application/json", {"content_encoding": "gzip"}, 400, "body_encoding_invalid"),
    ("a truncated zstd", zstandard.compress(ndjson([event()] * 50))[:-10], "application/x-ndjson", {"content_encoding": "zstd"}, 400, "body_encoding_invalid"),
    ("a zstd bomb", zstandard.compress(b" " * (66 * MEBIBYTE)), "application/json", {"content_encoding": "zstd"}, 413, "body_expands_too_large"),
    ("10,001 events", ndjson([{"event_id": f"many-{n}", "type": "log", "time": now_text()} for n in range(10_001)]), "application/x-ndjson", {}, 413, "batch_too_many_items"),
]


@pytest.mark.parametrize(
    "body, kind, headers, status, code", [case[1:] for case in BAD_BODIES], ids=[case[0] for case in BAD_BODIES]
)
def test_a_bad_body_is_a_problem(server, client, body, kind, headers, status, code):
    assert_problem(server.post_events(client, body, kind, **headers), status, code)


def test_bombs_do_not_grow_the_process(server, client):
    server.post_events(client, SPACES, "application/json", content_encoding="gzip")
    before = server.resident_megabytes()
    for _ in range(20):
        assert_problem(server.post_events(client, SPACES, "application/json", content_encoding="gzip"), 413, "body_expands_too_large")
    assert server.resident_megabytes() < before + 200
    assert client.get("/health/live").status_code == 200


# ---- Who asks.
def test_no_credentials(server):
    with server.client(key=None) as client:
        assert_problem(server.post_events(client, line()), 401, "credentials_missing")


@pytest.mark.parametrize("key", ["nonsense", "dbk_x_y", "dbs_0000"])
def test_a_wrong_key(server, key):
    with server.client(key=key) as client:
        assert_problem(server.post_events(client, line()), 401, "credentials_invalid")


def test_a_right_key_with_a_wrong_end(server):
    with server.client(key=server.key[:-1] + ("a" if server.key[-1] != "a" else "b")) as client:
        assert_problem(server.post_events(client, line()), 401, "credentials_invalid")


def test_a_revoked_key(server, client):
    made = client.post(f"/v1/projects/{server.project}/keys", json={"name": "short-lived", "scopes": ["ingest"]})
    assert made.status_code == 201, made.text
    with server.client(key=made.json()["api_key"]) as other:
        assert server.post_events(other, line()).status_code == 202
        assert client.delete(f"/v1/projects/{server.project}/keys/{made.json()['key_id']}").status_code == 204
        assert_problem(server.post_events(other, line()), 401, "credentials_revoked")


def test_a_key_without_the_scope(server, client):
    made = client.post(f"/v1/projects/{server.project}/keys", json={"name": "ingest", "scopes": ["ingest"]}).json()
    with server.client(key=made["api_key"]) as other:
        assert_problem(other.get("/v1/events", params={"project_id": server.project}), 403, "scope_missing")
        assert_problem(
            other.post(f"/v1/projects/{server.project}/keys", json={"name": "x", "scopes": ["admin"]}), 403, "scope_missing"
        )


def test_another_projects_key(server, client):
    made = client.post("/v1/projects", json={"name": "Neighbour", "time_zone": "UTC", "region": "us"})
    assert made.status_code == 201, made.text
    with server.client(key=made.json()["api_key"]) as other:
        assert_problem(server.post_events(other, line()), 403, "project_forbidden")
        assert_problem(server.post_lead(other, submission()), 403, "project_forbidden")
        assert_problem(other.get("/v1/events", params={"project_id": server.project}), 403, "project_forbidden")
        assert_problem(other.get(f"/v1/projects/{server.project}/books"), 403, "project_forbidden")


# ---- Questions.
@pytest.mark.parametrize(
    "path, params, status, code",
    [
        ("/v1/events", {"cursor": "nonsense"}, 400, "cursor_invalid"),
        ("/v1/events", {"cursor": "e30.AAAA"}, 400, "cursor_invalid"),
        ("/v1/attempts", {"cursor": "nonsense"}, 400, "cursor_invalid"),
        ("/v1/events", {"limit": "0"}, 400, "parameter_invalid"),
        ("/v1/events", {"limit": "1001"}, 400, "parameter_invalid"),
        ("/v1/events", {"limit": "many"}, 400, "parameter_invalid"),
        ("/v1/events", {"window": "soon"}, 400, "parameter_invalid"),
        ("/v1/events", {"colour": "blue"}, 400, "parameter_unknown"),
        ("/v1/analytics/funnel-metrics", {"from": "yesterday", "to": "today"}, 400, "parameter_invalid"),
        ("/v1/analytics/funnel-metrics", {"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, 400, "range_invalid"),
        ("/v1/analytics/timeseries", {"metric": "happiness"}, 400, "parameter_invalid"),
        ("/v1/analytics/breakdown", {}, 400, "parameter_missing"),
        ("/v1/analytics/breakdown", {"by": "colour"}, 400, "parameter_invalid"),
        ("/v1/analytics/overview", {"date": "2026-13-01"}, 400, "date_invalid"),
    ],
)
def test_a_bad_question_is_a_problem(server, client, path, params, status, code):
    assert_problem(client.get(path, params={"project_id": server.project, **params}), status, code)


@pytest.mark.parametrize("date", ["2026-02-30", "yesterday", "2026-3-2", "20260302"])
def test_a_bad_date_is_a_problem(server, client, date):
    assert_problem(client.get(f"/v1/projects/{server.project}/books", params={"date": date}), 400, "date_invalid")
    assert_problem(client.get(f"/v1/projects/{server.project}/days/{date}"), 400, "date_invalid")


def test_a_question_without_project(client):
    assert_problem(client.get("/v1/events"), 400, "parameter_missing")


def test_nothing_there(server, client):
    assert_problem(client.get("/v1/nothing"), 404, "not_found")
    assert_problem(client.get("/v1/events/none-such", params={"project_id": server.project}), 404, "not_found")
    assert_problem(client.get("/v1/attempts/att_none", params={"project_id": server.project}), 404, "not_found")


# ---- Submissions: every refusal is logged, and names its attempt.
@pytest.mark.parametrize(
    "body, status, code",
    [
        (b"{", 400, "body_not_json"),
        (b"", 400, "body_empty"),
        (b"[]", 400, "body_not_json"),
        (b'{"user":"\xff"}', 400, "body_not_json"),
        (b'{"user":{"email":"a@example.com"},"source":"web_form","consent":true,"consent":true}', 422, "field_duplicate"),
        (json.dumps(submission(fields={"x": "y" * 3000})).encode(), 422, "field_too_long"),
        (json.dumps(submission(fields={f"k{n}": n for n in range(65)})).encode(), 422, "field_too_many"),
        (json.dumps(submission()).encode()[:-1] + b',"fields":' + nested(100).encode() + b"}", 400, "body_not_json"),
        (json.dumps(submission(fields={"note": "x" * 70_000})).encode(), 413, "body_too_large"),
    ],
    ids=["cut short", "empty", "array", "not UTF-8", "duplicate key", "long text", "many fields", "deep", "large"],
)
def test_a_bad_submission_is_logged(server, client, body, status, code):
    problem = assert_problem(server.post_lead(client, body), status, code)
    attempt = client.get(f"/v1/attempts/{problem['attempt_id']}", params={"project_id": server.project})
    assert attempt.status_code == 200, attempt.text
    logged = attempt.json()["attempt"]
    assert logged["outcome"] == "failure" and logged["failure_code"] == code and logged["lead_id"] is None


def test_an_idempotency_key_with_another_body(server, client):
    assert server.post_lead(client, submission(), key="same-1").status_code == 201
    assert_problem(server.post_lead(client, submission(), key="same-1"), 422, "idempotency_key_reused")


def test_an_idempotency_key_repeats_its_answer(server, client):
    lead = submission()
    first = server.post_lead(client, lead, key="again-1")
    second = server.post_lead(client, lead, key="again-1")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers


def test_the_same_lead_twice(server, client):
    lead = submission()
    assert server.post_lead(client, lead).status_code == 201
    assert_problem(server.post_lead(client, lead), 409, "duplicate_lead")


def test_a_user_who_hammers_is_limited(server, client):
    person = {"email": "hammer@example.com"}
    answers = [server.post_lead(client, submission(user=person, fields={"loan_amount": 1000 + n})) for n in range(60)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited, "sixty submissions at once by one person pass"
    problem = assert_problem(limited[0], 429, "rate_limit_user")
    assert problem["attempt_id"] and int(limited[0].headers["retry-after"]) >= 1


def test_after_all_this_the_books_balance(server, client):
    books = server.settled_books(client)
    assert books["balanced"], books
    assert books["rejected"].get("field_unknown", 0) >= 1
    assert client.get("/health/ready").status_code == 200


def test_what_is_no_request_at_all_is_told_so(server):
    address = urllib.parse.urlsplit(server.url)
    for lines in (b"BREW / HTTP/1.1\r\nHost: x\r\n", b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-A: a\x01b\r\n"):
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            connection.sendall(lines + b"\r\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
        head, body = answer.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 400 ") and b"content-type: application/problem+json" in head.lower(), answer
        assert json.loads(body)["code"] == "request_not_http"


@pytest.mark.parametrize("path", ["/", "/health/live", "/v1/projects", "/metrics"])
def test_head_is_get_without_its_content(server, client, path):
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b"" and head.headers["content-type"] == got.headers["content-type"]
    if path != "/metrics":
        assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    # The connection goes on where it should.
    assert client.get("/health/live").json() == {"status": "live"}
    wrong = client.request("PATCH", path)
    assert_problem(wrong, 405, "method_not_allowed")
    assert "GET, HEAD, OPTIONS" in wrong.headers["allow"]
