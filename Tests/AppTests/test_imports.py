"""CSV imports as jobs: every row becomes a lead or a named failure, whatever happens to the process meanwhile."""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib
import socket
import threading

import httpx
import pytest

from conftest import ROOT, assert_problem, wait_for

CSV = pathlib.Path(os.environ.get("DAYBOOK_DATA_CSV") or ROOT.parent / "shared/data/mortgage_applications.csv")


def start_import(server, client, content, key=None, **params) -> httpx.Response:
    headers = {"content-type": "text/csv", **({"idempotency-key": key} if key else {})}
    return client.post(f"/v1/projects/{server.project}/imports", content=content, params=params, headers=headers, timeout=120)


def job_of(server, client, job_id) -> dict:
    answer = client.get(f"/v1/jobs/{job_id}", params={"project_id": server.project})
    assert answer.status_code == 200, answer.text
    return answer.json()["job"]


def finished(server, client, job_id, seconds=120) -> dict:
    def done():
        job = job_of(server, client, job_id)
        return job if job["status"] in ("succeeded", "failed", "cancelled") else None

    return wait_for(f"the import {job_id} ends", done, seconds)


def error_rows(server, client, job_id) -> list[dict]:
    answer = client.get(f"/v1/projects/{server.project}/imports/{job_id}/errors")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def attempts(server, client, **params):
    return list(server.pages(client, "/v1/attempts", "attempts", window="24h", **params))


@pytest.mark.skipif(not CSV.exists(), reason=f"the mortgage applications are not here: {CSV} (name them with DAYBOOK_DATA_CSV)")
@pytest.mark.parametrize("kills", [0, 3])
def test_every_mortgage_application_becomes_a_lead_or_a_failure(fresh, kills):
    server = fresh().start()
    # The same rows several times over, each time with row numbers of their own, so that there is time to kill.
    lines = CSV.read_text().splitlines()
    copies = 1 if kills == 0 else 15
    rows = [lines[0]]
    for copy in range(copies):
        for line in lines[1:]:
            number, rest = line.split(",", 1)
            rows.append(f"{copy * 10_000 + int(number)},{rest}")
    expected = 1989 * copies
    with server.client() as client:
        answer = start_import(server, client, "\n".join(rows).encode(), name="mortgage.csv")
        assert answer.status_code == 202, answer.text
        job_id = answer.json()["job_id"]
    killed = 0
    for _ in range(kills):
        with server.client() as client:
            before = job_of(server, client, job_id)["progress"]["done"]

            def moved():
                job = job_of(server, client, job_id)
                return job["status"] != "running" and job["status"] != "queued" or job["progress"]["done"] > before

            wait_for("the import moves on", moved)
            if job_of(server, client, job_id)["status"] == "succeeded":
                break
        server.kill9()
        killed += 1
        server.start()
    assert kills == 0 or killed >= 1, "the import was over before it could be killed"
    with server.client() as client:
        job = finished(server, client, job_id)
        assert job["status"] == "succeeded", job
        assert job["about"] == {"file": "mortgage.csv", "source": "bulk_import"}
        result = job["result"]
        assert result["rows"] == expected == result["leads"] + result["failures"]
        assert sum(result["by_code"].values()) == result["failures"]
        logged = attempts(server, client)
        assert len(logged) == expected
        assert len([a for a in logged if a["lead_id"]]) == result["leads"]
        assert len({a["user_id"] for a in logged}) == expected, "each application is another person"
        rows = error_rows(server, client, job_id)
        assert len(rows) == result["failures"]
        assert len({row["line"] for row in rows}) == len(rows)
        assert all(row["code"] in result["by_code"] and row["message"] and row["row"] for row in rows)
        if kills == 0:
            dirty = [r for r in csv.DictReader(CSV.open(newline="")) if not 12 <= float(r["term_months"]) <= 480]
            assert {r["row"] for r in dirty} <= {r["row"] for r in rows}
        assert server.settled_books(client)["balanced"]


def test_the_rows_that_failed_come_back_harmless(server, client):
    content = 'email,state,note\na1@example.com,CA,fine\na2@example.com,Atlantis,"=cmd|\' /C calc\'!A0"\na3@example.com,Atlantis,+12125550123\n"a4"x,CA,\n'
    answer = start_import(server, client, content.encode(), source="partner_file", consent="true")
    assert answer.status_code == 202, answer.text
    assert set(answer.json()["links"]) == {"job", "events", "errors"}
    job = finished(server, client, answer.json()["job_id"])
    assert (job["result"]["rows"], job["result"]["leads"]) == (4, 1)
    assert job["progress"]["done"] == job["progress"]["total"] == 4
    rows = error_rows(server, client, job["job_id"])
    assert [row["code"] for row in rows] == ["state_invalid", "state_invalid", "csv_row_invalid"]
    assert [row["line"] for row in rows] == ["3", "4", "5"]
    assert rows[0]["note"].startswith("'=cmd") and rows[1]["note"] == "+12125550123"
    assert rows[0]["pointer"] == "/fields/state"


def test_a_key_makes_a_repeated_import_the_same_job(server, client):
    content = b"email\nk1@example.com\nk2@example.com\n"
    first = start_import(server, client, content, key="import-1", source="keyed", consent="true")
    again = start_import(server, client, content, key="import-1", source="keyed", consent="true")
    assert again.json()["job_id"] == first.json()["job_id"]
    assert again.headers["idempotency-replayed"] == "true"
    other = start_import(server, client, content + b"k3@example.com\n", key="import-1", source="keyed", consent="true")
    assert_problem(other, 422, "idempotency_key_reused")
    assert finished(server, client, first.json()["job_id"])["result"]["leads"] == 2
    assert len(attempts(server, client, source="keyed")) == 2


def test_a_key_whose_file_is_still_being_received_is_in_flight(server, client):
    begun = threading.Event()
    end = threading.Event()

    def slowly():
        yield b"email\ns1@example.com\n"
        begun.set()
        end.wait(30)

    answers = []

    def send():
        with server.client() as other:
            answers.append(start_import(server, other, slowly(), key="slow", source="slow", consent="true"))

    def folders() -> set:
        return set(server.data.rglob("job_*"))

    before = folders()
    thread = threading.Thread(target=send)
    thread.start()
    assert begun.wait(30)
    try:
        # Whoever comes first has the key: the second request must not overtake the first one.
        wait_for("the first is being received", lambda: folders() - before, 20)
        assert_problem(start_import(server, client, b"email\ns2@example.com\n", key="slow"), 409, "idempotency_key_in_flight")
    finally:
        end.set()
        thread.join(60)
    assert answers and answers[0].status_code == 202


@pytest.mark.parametrize(
    "content, params, code",
    [
        (b"", {}, "body_empty"),
        (b"state\nCA\n", {}, "csv_header_invalid"),
        (b"email\na@b.co\n", {"map": "nope:email"}, "csv_header_invalid"),
        (b"email\na@b.co\n", {"colour": "red"}, "parameter_unknown"),
    ],
)
def test_what_cannot_be_imported_is_refused_at_once(server, client, content, params, code):
    assert_problem(start_import(server, client, content, **params), 400, code)


def test_an_import_can_be_cancelled_and_is_its_projects_own(server, client):
    content = "email\nbroken\n" + "\n".join(f"c{n}@example.com" for n in range(60_000))
    answer = start_import(server, client, content.encode(), source="cancelled", consent="true")
    job_id = answer.json()["job_id"]
    wait_for("it runs", lambda: job_of(server, client, job_id)["progress"]["done"] > 0)
    client.post(f"/v1/jobs/{job_id}/cancel", params={"project_id": server.project}).raise_for_status()
    job = finished(server, client, job_id)
    assert job["status"] == "cancelled"
    count = len(attempts(server, client, source="cancelled"))
    assert 0 < count < 60_000
    # What was done until then is said, and can be downloaded.
    result = job["result"]
    assert result["rows"] == count == result["leads"] + result["failures"] == job["progress"]["done"]
    assert result["failures"] == 1 == sum(result["by_code"].values())
    assert [row["code"] for row in error_rows(server, client, job_id)] == ["email_invalid"]
    assert not list(server.data.rglob("input.csv")), "the uploaded file is of no further use"
    other = client.post("/v1/projects", json={"name": "Other", "time_zone": "UTC"}).json()
    answer = client.get(
        f"/v1/projects/{other['project_id']}/imports/{job_id}/errors",
        headers={"authorization": f"Bearer {other['api_key']}"},
    )
    assert_problem(answer, 404, "not_found")


def test_a_file_that_is_too_large_is_refused_before_it_is_read(server):
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port), timeout=30) as connection:
        head = (
            f"POST /v1/projects/{server.project}/imports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {server.key}\r\n"
            f"content-type: text/csv\r\ncontent-length: {(256 << 20) + 1}\r\n\r\nemail\n"
        )
        connection.sendall(head.encode())
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 413 ") and "body_too_large" in answer


def test_rows_that_failed_can_be_sent_again_as_they_were(server, client):
    """Whatever the cells hold: what the error file puts in front of them is not part of them."""
    names = ["@ada", "'@ada", "''=1", "-1-1", "+1+1", "-2+3", "+(1)", "=1+1", "-5", "+15551234567", "'plain", "|x", "%x"]
    guarded = [f"'{name}" for name in names[:8]] + ["-5", "+15551234567", "'plain", "'|x", "'%x"]
    content = io.StringIO()
    rows = csv.writer(content)
    rows.writerow(["external_id", "state", "@note"])
    rows.writerows([name, "Atlantis", "\tx"] for name in names)
    skip = {"skip": "line,code,pointer,message"}
    answer = start_import(server, client, content.getvalue().encode(), source="first_time", consent="true")
    assert answer.status_code == 202, answer.text
    first = finished(server, client, answer.json()["job_id"])
    assert (first["result"]["rows"], first["result"]["failures"]) == (13, 13)
    path = f"/v1/projects/{server.project}/imports/%s/errors"
    text = client.get(path % first["job_id"]).text
    assert [row["external_id"] for row in csv.DictReader(io.StringIO(text, newline=""))] == guarded
    again = start_import(server, client, text.encode(), source="first_time", consent="true", **skip)
    second = finished(server, client, again.json()["job_id"])
    assert second["result"]["failures"] == 13
    # The same file but for the lines, which are those of the file that was sent.
    repeated = client.get(path % second["job_id"]).text
    assert repeated == text
    corrected = text.replace("Atlantis", "CA")
    third = start_import(server, client, corrected.encode(), source="third_time", consent="true", **skip)
    assert finished(server, client, third.json()["job_id"])["result"]["leads"] == 13
    exported = client.post("/v1/exports", json={"project_id": server.project, "of": "leads", "format": "jsonl", "filter": {"source": "third_time"}})
    link = exported.json()["links"]["export"]
    done = wait_for("the export ends", lambda: (e := client.get(link).json())["job"]["status"] == "succeeded" and e)
    leads = [json.loads(line) for line in client.get(done["files"][0]["href"]).text.splitlines()]
    assert {lead["fields"]["@note"] for lead in leads} == {"\tx"}
    for name in names:
        lead = {"user": {"external_id": name}, "source": "probe", "consent": True, "fields": {"n": name}}
        answer = client.post(f"/v1/projects/{server.project}/leads", json=lead)
        assert answer.status_code == 201 and answer.json()["user_id"] in {lead["user_id"] for lead in leads}, name


def test_an_import_needs_one_scope_from_its_beginning_to_its_end(server, client):
    def key(*scopes):
        made = client.post(f"/v1/projects/{server.project}/keys", json={"name": "-".join(scopes), "scopes": scopes})
        return server.client(key=made.json()["api_key"])

    with key("ingest") as writer, key("query") as reader:
        content = "email\n" + "\n".join(f"scope{n}@example.com" for n in range(40_000))
        job_id = start_import(server, writer, content.encode(), source="scoped", consent="true").json()["job_id"]
        params = {"project_id": server.project}
        assert writer.get(f"/v1/jobs/{job_id}", params=params).status_code == 200
        assert writer.get("/v1/jobs", params={**params, "kind": "import"}).status_code == 200
        assert_problem(writer.get("/v1/jobs", params=params), 403, "scope_missing")
        assert reader.get(f"/v1/jobs/{job_id}", params=params).status_code == 200
        assert_problem(reader.post(f"/v1/jobs/{job_id}/cancel", params=params), 403, "scope_missing")
        assert writer.post(f"/v1/jobs/{job_id}/cancel", params=params).status_code == 200
        assert finished(server, client, job_id)["status"] == "cancelled"
        export = client.post("/v1/exports", json={**params, "of": "attempts", "format": "csv"}).json()["job_id"]
        assert_problem(writer.get(f"/v1/jobs/{export}", params=params), 403, "scope_missing")
        assert_problem(writer.post(f"/v1/jobs/{export}/cancel", params=params), 403, "scope_missing")
        assert_problem(writer.get("/v1/jobs/job_x", params=params), 404, "not_found")
        answer = writer.get(f"/v1/projects/{server.project}/imports/{job_id}/errors")
        assert answer.status_code in (200, 404) and reader.get(answer.request.url).status_code == answer.status_code
        with writer.stream("GET", f"/v1/jobs/{job_id}/events", params=params) as stream:
            assert stream.status_code == 200
