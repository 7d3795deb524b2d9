"""The ways in for leads beside JSON: forms, CSV batches, signed webhooks, and keys that make a repetition harmless."""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import hmac
import html.parser
import json
import re
import time
import uuid

import pytest

from conftest import assert_problem, daybook, submission

FORM = {"content-type": "application/x-www-form-urlencoded"}


def switch_on(server, client, source="web", **settings):
    answer = client.put(f"/v1/projects/{server.project}/forms/{source}", json={"is_enabled": True, **settings})
    assert answer.status_code == 200, answer.text
    return answer.json()


def attempts(server, client, **params):
    return list(server.pages(client, "/v1/attempts", "attempts", window="24h", **params))


def signed(secret: str, body: bytes, message: str, at: float | None = None) -> dict:
    """The headers of a webhook, as the Standard Webhooks specification makes them."""
    timestamp = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, message.encode() + b"." + timestamp.encode() + b"." + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


class FormReader(html.parser.HTMLParser):
    """The form of a page: its address and its fields with their values."""

    def __init__(self):
        super().__init__()
        self.action = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.action = attrs["action"]
        if tag == "input":
            self.fields[attrs["name"]] = attrs.get("value") or ""


def test_the_snippet_of_a_form_works_as_it_is(server, client):
    form = switch_on(server, client, "snippet", honeypot="fax_number")
    page = FormReader()
    page.feed(form["snippet"])
    assert page.action == f"{server.url}/v1/projects/{server.project}/leads/form/snippet"
    assert page.fields.pop("fax_number") == ""
    page.fields |= {"email": f"{uuid.uuid4().hex}@example.com", "phone": "+12125550123", "state": "CA", "name": "Ada"}
    with server.client(key=None) as stranger:
        answer = stranger.post(page.action, data=page.fields)
        assert answer.status_code == 201, answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        reference = re.search(r"att_[0-9a-f]+", answer.text)[0]
        bot = stranger.post(page.action, data={**page.fields, "fax_number": "1", "email": "bot@example.com"})
        assert bot.status_code == 201
        assert re.sub("att_[0-9a-f]+", "", bot.text) == re.sub("att_[0-9a-f]+", "", answer.text)
    one = client.get(f"/v1/attempts/{reference}", params={"project_id": server.project}).json()["attempt"]
    assert one["lead_id"] and one["source"] == "snippet"
    logged = attempts(server, client, source="snippet")
    assert [a["failure_code"] for a in logged] == ["honeypot_filled", None]


def test_settings_of_forms_and_secrets_survive_kill9(fresh):
    server = fresh().start()
    with server.client() as client:
        switch_on(server, client, redirect_targets=["https://shop.example/thanks"], success_redirect="https://shop.example/thanks/1")
        made = client.post(f"/v1/projects/{server.project}/webhooks/crm/secrets").json()
        body = json.dumps({"user": {"email": "ada@example.com"}, "consent": True}).encode()
        path = f"/v1/projects/{server.project}/leads/webhook/crm"
        first = client.post(path, content=body, headers=signed(made["secret"], body, "msg-1"))
        assert first.status_code == 201, first.text
    server.kill9()
    raw = base64.b64decode(made["secret"].removeprefix("whsec_"))
    for file in server.data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert raw not in content and made["secret"].encode() not in content, file
    server.start()
    with server.client(key=None) as stranger:
        again = stranger.post(path, content=body, headers=signed(made["secret"], body, "msg-1"))
        assert again.status_code == 201 and again.headers["idempotency-replayed"] == "true"
        assert again.json() == first.json()
        form = stranger.post(f"/v1/projects/{server.project}/leads/form/web", data={"email": "b@example.com", "consent": "on"})
        assert form.status_code == 303 and form.headers["location"] == "https://shop.example/thanks/1"
    with server.client() as client:
        assert len(attempts(server, client)) == 2
        assert server.settled_books(client)["balanced"]


def test_strangers_with_wrong_signatures_do_not_fill_the_log(fresh):
    server = fresh().start()
    with server.client() as client, server.client(key=None) as stranger:
        client.post(f"/v1/projects/{server.project}/webhooks/crm/secrets").raise_for_status()
        path = f"/v1/projects/{server.project}/leads/webhook/crm"
        wrong = "whsec_" + base64.b64encode(b"x" * 32).decode()
        for n in range(150):
            answer = stranger.post(path, content=b"{}", headers=signed(wrong, b"{}", f"m{n}"))
            assert_problem(answer, 401, "webhook_signature_invalid")
        logged = attempts(server, client)
        # 60 at once, and one more for each second that this took.
        assert 60 <= len(logged) < 150
        assert all(a["failure_category"] == "authentication" and a["source"] == "crm" for a in logged)
        metrics = stranger.get("/metrics").text
        counted = sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("daybook_refusals_unlogged_total{"))
        assert counted == 150 - len(logged)


def test_a_tenants_webhook_secret_is_good_for_its_own_project_and_source(server, client):
    made = client.post(f"/v1/projects/{server.project}/webhooks/crm/secrets").json()
    other = client.post("/v1/projects", json={"name": "Other", "time_zone": "UTC"}).json()
    body = json.dumps({"user": {"email": "x@example.com"}, "consent": True}).encode()
    headers = signed(made["secret"], body, "msg-x")
    for project, source in [(other["project_id"], "crm"), (server.project, "erp")]:
        answer = client.post(f"/v1/projects/{project}/leads/webhook/{source}", content=body, headers=headers)
        assert_problem(answer, 401, "webhook_secret_unknown")
    answer = client.delete(
        f"/v1/projects/{other['project_id']}/webhooks/crm/secrets/{made['secret_id']}",
        headers={"authorization": f"Bearer {other['api_key']}"},
    )
    assert_problem(answer, 404, "not_found")


def test_fifty_identical_requests_at_once_make_one_lead(server):
    body = json.dumps(submission(source="fifty")).encode()
    key = f"key-{uuid.uuid4().hex}"

    def send(_):
        with server.client() as client:
            return server.post_lead(client, body, key=key)

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(send, range(50)))
    assert {a.status_code for a in answers} == {201}, [a.text for a in answers if a.status_code != 201]
    assert sum("idempotency-replayed" not in a.headers for a in answers) == 1
    assert len({a.json()["lead_id"] for a in answers}) == 1
    with server.client() as client:
        assert len(attempts(server, client, source="fifty")) == 1
        other = server.post_lead(client, submission(source="fifty"), key=key)
        assert_problem(other, 422, "idempotency_key_reused")


def test_a_csv_batch_is_answered_row_by_row(server, client):
    rows = [b"email,state,loan_amount"] + [b"csv%d@example.com,CA,%d" % (n, 1000 + n) for n in range(300)]
    rows[100] = b"csv@example.com,Atlantis,1"
    rows[200] = b"ragged@example.com,CA"
    path = f"/v1/projects/{server.project}/leads/batch"
    headers = {"content-type": "text/csv", "idempotency-key": "csv-1"}
    params = {"source": "partner_csv", "consent": "true"}
    answer = client.post(path, content=b"\r\n".join(rows), params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["received"], body["accepted"], body["failed"]) == (300, 298, 2)
    failed = {row["line"]: row["code"] for row in body["results"] if row["outcome"] == "failure"}
    assert failed == {101: "state_invalid", 201: "csv_row_invalid"}
    again = client.post(path, content=b"\r\n".join(rows), params=params, headers=headers).json()
    assert all(row["replayed"] for row in again["results"])
    assert len(attempts(server, client, source="partner_csv")) == 300


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "https://shop.example@evil.example/", "https://shop.example.evil.example/thanks", "https://shop.example/thanks/../..//evil.example", "https://shop.example\\@evil.example/", "https://shop.example/thanks\r\nx: y"]
)
def test_a_form_redirects_nowhere_else(server, client, target):
    switch_on(server, client, "redirecting", redirect_targets=["https://shop.example/thanks"])
    with server.client(key=None) as stranger:
        answer = stranger.post(
            f"/v1/projects/{server.project}/leads/form/redirecting",
            data={"email": f"{uuid.uuid4().hex}@example.com", "consent": "on", "success_redirect": target},
        )
    assert answer.status_code == 422 and "location" not in answer.headers


@pytest.mark.parametrize("trusted, limited", [("", True), ("127.0.0.1", False)])
def test_visitors_behind_a_trusted_proxy_have_addresses_of_their_own(fresh, trusted, limited):
    server = fresh(environment={"DAYBOOK_TRUSTED_PROXIES": trusted}).start()
    with server.client() as client, server.client(key=None) as stranger:
        switch_on(server, client)
        answers = [
            stranger.post(
                f"/v1/projects/{server.project}/leads/form/web",
                data={"email": f"u{n}@example.com", "consent": "on"},
                headers={"accept": "application/json", "x-forwarded-for": f"203.0.113.{n}"},
            )
            for n in range(45)
        ]
        assert any(a.status_code == 429 for a in answers) == limited, [a.status_code for a in answers]
        for answer in answers:
            if answer.status_code == 429:
                assert_problem(answer, 429, "rate_limit_address")
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.headers["ratelimit-policy"] == '"form-address";q=30;w=60'
                assert re.fullmatch(r'"form-address";r=0;t=(59|60)', answer.headers["ratelimit"])
            else:
                assert answer.headers["ratelimit-policy"] == '"form-address";q=30;w=60, "form-source";q=600;w=60'
        # One visitor is limited, whatever it claims to have been forwarded for.
        same = [
            stranger.post(
                f"/v1/projects/{server.project}/leads/form/web",
                data={"email": f"v{n}@example.com", "consent": "on"},
                headers={"accept": "application/json", "x-forwarded-for": f"198.51.100.{n}, 203.0.113.200"},
            ).status_code
            for n in range(45)
        ]
        assert 429 in same


def test_a_form_that_was_posted_too_often_says_by_which_limit(server, client):
    switch_on(server, client, "often")
    path = f"/v1/projects/{server.project}/leads/form/often"
    with server.client(key=None) as stranger:
        for n in range(31):
            answer = stranger.post(path, data={"email": f"often{n}@example.com", "consent": "on"}, headers={"accept": "application/json"})
    assert answer.status_code == 429, answer.text
    attempt = attempts(server, client, source="often", outcome="failure")[0]
    page = client.get(f"/v1/attempts/{attempt['attempt_id']}", params={"project_id": server.project}).json()
    assert attempt["failure_code"] == "rate_limit_address"
    [limit] = page["limits"]
    assert limit["rule_id"] == "form-address" and limit["applies_to"] == "address"
    assert limit["subject"] == page["request"]["address_hash"]
    assert (limit["limit"], limit["window_seconds"], limit["allowed"], limit["before"], limit["after"]) == (30, 60, False, 0, 0)
    assert attempt["received_at"] < limit["passes_at"]
    assert page["attempt"]["context"]["way_in_limits"] == page["limits"]
    replayed = daybook("verify", "--rate-limits", "--data", server.data, "--json")
    assert json.loads(replayed.stdout)["ok"], replayed.stdout


def test_a_webhook_that_cannot_be_checked_is_told_why(server, client):
    made = client.post(f"/v1/projects/{server.project}/webhooks/told/secrets").json()
    body = json.dumps({"user": {"email": "told@example.com"}, "consent": True}).encode()
    path = f"/v1/projects/{server.project}/leads/webhook/told"
    with server.client(key=None) as stranger:
        for message, words in [("", "webhook-id has 1 to 256 bytes"), ("m" * 257, "webhook-id has 1 to 256 bytes")]:
            answer = stranger.post(path, content=body, headers=signed(made["secret"], body, message))
            assert words in assert_problem(answer, 401, "webhook_signature_invalid")["detail"]
        for others in (16, 100):
            headers = signed(made["secret"], body, "m-1")
            headers["webhook-signature"] = "v1,AAAA " * others + headers["webhook-signature"]
            answer = stranger.post(path, content=body, headers=headers)
            assert "at most 16 signatures" in assert_problem(answer, 401, "webhook_signature_invalid")["detail"]
        answer = stranger.post(path, content=body, headers={"content-type": "application/json", "webhook-id": "m"})
        assert_problem(answer, 401, "webhook_signature_missing")


@pytest.mark.parametrize(
    "fields, pointer",
    [
        ({"a\u0000b": "x"}, "/fields/a\u0000b"), ({"a\tb": "x"}, "/fields/a\tb"), ({"note": "a\u0000b"}, "/fields/note"),
        ({"note": "a\u001bb"}, "/fields/note"),
    ],
)
def test_control_characters_are_refused_in_fields(server, client, fields, pointer):
    answer = server.post_lead(client, submission(fields=fields))
    problem = assert_problem(answer, 422, "field_value")
    assert problem["errors"][0]["pointer"] == pointer and "control characters" in problem["errors"][0]["message"]
    assert server.post_lead(client, submission(fields={"note": "two\r\nlines\tand a tab"})).status_code == 201


def test_what_a_schema_names_is_compared_byte_by_byte(server, client):
    composed, decomposed = "\u00e9", "e\u0301"
    path = f"/v1/projects/{server.project}/schemas/exact"
    both = {"fields": [{"name": composed, "type": "enum", "values": [composed, decomposed]}, {"name": decomposed, "type": "text"}]}
    made = client.post(path, json={**both, "activate": True})
    assert made.status_code == 201, made.text
    one = {"fields": [{"name": composed, "type": "enum", "values": [composed], "required": True}], "unknown_fields": "refuse", "activate": True}
    assert client.post(path, json=one).status_code == 201
    for fields, code in [
        ({composed: composed}, None), ({composed: decomposed}, "field_value"), ({decomposed: composed}, "field_unknown"),
    ]:
        answer = server.post_lead(client, submission(source="exact", fields=fields))
        assert (answer.json().get("code") if answer.status_code != 201 else None) == code, answer.text
    lead = submission(source="unruled", fields={composed: "1", decomposed: "2"})
    assert server.post_lead(client, lead).status_code == 201
    kelvin = server.post_lead(client, submission(fields={"state": "\u212aS"}))
    assert_problem(kelvin, 422, "state_invalid")
