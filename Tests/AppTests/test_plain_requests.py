"""The two busiest routes have two readers: one for plain requests, one for all others. A client must not be able to tell.

Each case is sent twice over bare sockets: as it is (plain), and with one more field that the first reader leaves to the second.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import socket
import urllib.parse
import uuid

import pytest

from conftest import event, ndjson, submission, wait_for

# A field name that is legal and that no plain request has.
OTHER = "X_Other: 1"
# What differs between any two answers: identifiers, times, hashes, what is left of a quota.
VARYING = [
    (r"(req|bat|att|led|usr|lea)_[0-9A-Za-z]+", r"\1_"),
    (r"t-[0-9a-f]{32}", "t-"),
    (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME"),
    (r'"sequence":\d+', '"sequence":N'),
    (r'r=\d+;t=\d+', "r=N;t=N"),
    (r"\w{3}, \d\d \w{3} \d{4} [0-9:]{8} GMT", "DATE"),
]


class Wire:
    """One connection, spoken by hand."""

    def __init__(self, url: str):
        at = urllib.parse.urlsplit(url)
        self.host = f"{at.hostname}:{at.port}"
        self.socket = socket.create_connection((at.hostname, at.port), timeout=30)
        self.file = self.socket.makefile("rb")

    def request(self, path: str, body: bytes, *fields: str) -> bytes:
        head = [f"POST {path} HTTP/1.1", f"Host: {self.host}", *fields, f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(head).encode() + body

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        status = self.file.readline().decode()
        version, code, phrase = status.rstrip("\r\n").split(" ", 2)
        assert version == "HTTP/1.1", status
        fields: dict[str, str] = {"reason phrase": phrase}
        while (line := self.file.readline().decode().rstrip("\r\n")) != "":
            name, _, value = line.partition(": ")
            assert name.lower() not in fields, f"{name} twice"
            fields[name.lower()] = value
        return int(code), fields, self.file.read(int(fields["content-length"]))

    def ask(self, path: str, body: bytes, *fields: str):
        self.socket.sendall(self.request(path, body, *fields))
        return self.answer()

    def close(self):
        self.file.close()
        self.socket.close()


def same(text: str) -> str:
    for pattern, replacement in VARYING:
        text = re.sub(pattern, replacement, text)
    return text


def traceparent() -> str:
    return f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"


def cases(server):
    key, project = f"Authorization: Bearer {server.key}", server.project
    events, leads = f"/v1/projects/{project}/events", f"/v1/projects/{project}/leads"
    json_type = "Content-Type: application/json"

    def one(**members):
        return lambda: json.dumps([event(**members)]).encode()

    def lead(**members):
        return lambda: json.dumps(submission(**members)).encode()

    yield "an event", events, one(), [key, json_type]
    yield "an event, named", events, one(), [key, json_type, "X-Request-Id: mine.1"]
    yield "an event, with a request id that is not one", events, one(), [key, json_type, "X-Request-Id: a b"]
    yield "an event by basic credentials", events, one(), [
        "Authorization: Basic " + base64.b64encode(f"x:{server.key}".encode()).decode(), json_type]
    yield "lines", events, lambda: ndjson([event(), event()]), [key, "Content-Type: application/x-ndjson"]
    yield "compressed", events, lambda: gzip.compress(one()()), [key, json_type, "Content-Encoding: gzip"]
    yield "half of gzip", events, lambda: gzip.compress(one()())[:20], [key, json_type, "Content-Encoding: gzip"]
    yield "brotli", events, one(), [key, json_type, "Content-Encoding: br"]
    yield "a bad one among good ones", events, (
        lambda: json.dumps([event(), event(type=7), event(event_id=None)]).encode()), [key, json_type]
    yield "nothing valid", events, lambda: b'[{"event_id":1}]', [key, json_type]
    yield "no JSON", events, lambda: b'{"event_id"', [key, json_type]
    yield "an empty body", events, lambda: b"", [key, json_type]
    yield "the same event twice", events, lambda: json.dumps([event()] * 2).encode(), [key, json_type]
    yield "another media type", events, one(), [key, "Content-Type: text/csv"]
    yield "no credentials", events, one(), [json_type]
    yield "empty credentials", events, one(), ["Authorization: ", json_type]
    yield "unknown credentials", events, one(), ["Authorization: Bearer dbk_unknown", json_type]
    yield "another project", f"/v1/projects/prj_01hzzzzzzzzzzzzzzzzzzzzzzz/events", one(), [key, json_type]
    yield "no project", "/v1/projects/x-y/events", one(), [key, json_type]
    yield "a lead", leads, lead(), [key, json_type, "User-Agent: curl/8"]
    yield "a lead for a proxy", leads, lead(), [key, json_type, "X-Forwarded-For: 203.0.113.9"]
    yield "a lead in a trace", leads, lead(), [key, json_type, f"traceparent: {traceparent()}"]
    yield "a lead in no trace", leads, lead(), [key, json_type, "traceparent: 00-0-0-01"]
    yield "a refused lead", leads, lead(consent="yes"), [key, json_type]
    yield "a lead without a user", leads, lead(user=None), [key, json_type]
    yield "a lead that is no JSON", leads, lambda: b"{", [key, json_type]
    yield "a lead as a form", leads, lead(), [key, "Content-Type: application/x-www-form-urlencoded"]
    yield "a compressed lead", leads, lambda: gzip.compress(lead()()), [key, json_type, "Content-Encoding: gzip"]
    yield "a key that is none", leads, lead(), [key, json_type, "Idempotency-Key: " + "k" * 300]
    yield "a lead without credentials", leads, lead(), [json_type]
    yield "a lead for another project", "/v1/projects/prj_01hzzzzzzzzzzzzzzzzzzzzzzz/leads", lead(), [key, json_type]


def test_both_readers_answer_alike(server):
    seen = []
    for name, path, body, fields in cases(server):
        plain, other = Wire(server.url), Wire(server.url)
        status, said, content = plain.ask(path, body(), *fields)
        status2, said2, content2 = other.ask(path, body(), *fields, OTHER)
        assert status == status2, f"{name}: {content!r} {content2!r}"
        assert same(content.decode()) == same(content2.decode()), name
        del said["content-length"], said2["content-length"]
        assert {k: same(v) for k, v in said.items()} == {k: same(v) for k, v in said2.items()}, name
        seen.append(status)
        plain.close()
        other.close()
    assert {201, 202, 400, 401, 403, 415, 422} <= set(seen), sorted(set(seen))


def test_a_repeated_lead_is_answered_alike(server):
    body, key = json.dumps(submission()).encode(), f"Idempotency-Key: {uuid.uuid4()}"
    fields = [f"Authorization: Bearer {server.key}", "Content-Type: application/json", key]
    path = f"/v1/projects/{server.project}/leads"
    wire = Wire(server.url)
    first = wire.ask(path, body, *fields)
    again = wire.ask(path, body, *fields)
    other = Wire(server.url).ask(path, body, *fields, OTHER)
    assert first[0] == again[0] == other[0] == 201
    assert first[2] == again[2] == other[2]
    assert "idempotency-replayed" not in first[1]
    assert again[1]["idempotency-replayed"] == other[1]["idempotency-replayed"] == "true"


@pytest.mark.parametrize("more", [[], [OTHER]], ids=["plain", "other"])
def test_a_lead_is_a_span_of_its_callers_trace(server, client, more):
    given = traceparent()
    trace, parent = given.split("-")[1:3]
    fields = [f"Authorization: Bearer {server.key}", "Content-Type: application/json", *more]
    path = f"/v1/projects/{server.project}/leads"
    wire = Wire(server.url)
    told = json.loads(wire.ask(path, json.dumps(submission()).encode(), *fields, f"traceparent: {given}")[2])
    # Two are none: which one is meant cannot be said.
    lost = json.loads(
        wire.ask(path, json.dumps(submission()).encode(), *fields, f"traceparent: {given}", f"traceparent: {given}")[2])
    of_project = {"project_id": server.project}
    assert client.get(f"/v1/attempts/{told['attempt_id']}", params=of_project).json()["request"]["trace_id"] == trace
    request = client.get(f"/v1/attempts/{lost['attempt_id']}", params=of_project).json()["request"]
    assert request["correlation_id"] and request.get("trace_id") is None

    def spans():
        answer = client.get(f"/v1/traces/{trace}", params=of_project)
        return answer.json()["events"] if answer.status_code == 200 else []

    (span,) = wait_for("the lead in its trace", spans)
    assert (span["event_id"], span["parent_span_id"]) == (told["attempt_id"], parent)
    assert re.fullmatch("[0-9a-f]{16}", span["span_id"])


def test_pipelined_requests_of_both_kinds_are_answered_in_order(server):
    wire = Wire(server.url)
    fields = [f"Authorization: Bearer {server.key}", "Content-Type: application/json"]
    path = f"/v1/projects/{server.project}/events"
    sent = b""
    for number in range(12):
        more = [OTHER] if number in (5, 9) else []
        sent += wire.request(path, json.dumps([event()]).encode(), *fields, f"X-Request-Id: n{number}", *more)
    wire.socket.sendall(sent)
    answers = [wire.answer() for _ in range(12)]
    assert [fields["x-request-id"] for _, fields, _ in answers] == [f"n{number}" for number in range(12)]
    assert {status for status, _, _ in answers} == {202}


@pytest.mark.parametrize("cut", [1, 20, 60, 150, 230])
def test_a_request_in_two_pieces(server, cut):
    wire = Wire(server.url)
    fields = [f"Authorization: Bearer {server.key}", "Content-Type: application/json"]
    request = wire.request(f"/v1/projects/{server.project}/events", json.dumps([event()]).encode(), *fields)
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.socket.sendall(request[:cut])
    # An answer on another connection: the first piece was read by then, or will be read alone.
    Wire(server.url).ask(f"/v1/projects/{server.project}/events", b"", *fields)
    wire.socket.sendall(request[cut:])
    assert wire.answer()[0] == 202


def test_a_client_that_has_sent_all_it_wants_gets_its_answer(server):
    wire = Wire(server.url)
    fields = [f"Authorization: Bearer {server.key}", "Content-Type: application/json"]
    wire.socket.sendall(
        wire.request(f"/v1/projects/{server.project}/leads", json.dumps(submission()).encode(), *fields))
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.answer()[0] == 201
    assert wire.file.read() == b"", "and then the connection ends"


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"POST /v1/projects/p/events HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdefg",
        b"POST /v1/projects/p/events HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/projects/p/events HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/projects/p/events HTTP/1.1\r\nHost h\r\n\r\n",
        b"POST /v1/projects/p/events HTTP/9.9\r\nHost: h\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_left_to_the_codec(server, bytes_sent):
    wire = Wire(server.url)
    wire.socket.sendall(bytes_sent)
    status, fields, body = wire.answer()
    assert status in (400, 401, 505), body
    if status == 400:
        assert json.loads(body)["code"]


@pytest.mark.parametrize("kind", ["events", "leads"])
@pytest.mark.parametrize("field", ["Accept: */*", OTHER])
def test_a_body_that_ends_early_is_the_clients_fault(server, kind, field):
    wire = Wire(server.url)
    fields = [f"Authorization: Bearer {server.key}", "Content-Type: application/json", field]
    whole = wire.request(f"/v1/projects/{server.project}/{kind}", json.dumps([event()]).encode(), *fields)
    wire.socket.sendall(whole[:-10])
    wire.socket.shutdown(socket.SHUT_WR)
    status, _, body = wire.answer()
    assert (status, json.loads(body)["code"]) == (400, "body_incomplete"), body
