"""Exports: asked for, watched, downloaded, taken up again after a break of the connection and of the process."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest

from conftest import assert_problem, daybook, now_text, submission, wait_for


def fill(server, client, count: int, source: str = "web_form"):
    lines = [
        json.dumps(submission(source=source, user={"email": f"{source}{n}@example.com"} if n % 5 else {"email": "broken"}))
        for n in range(count)
    ]
    answer = client.post(
        f"/v1/projects/{server.project}/leads/batch",
        content="\n".join(lines).encode(),
        headers={"content-type": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(server, client, headers=None, **body) -> dict:
    answer = client.post("/v1/exports", json={"project_id": server.project, "of": "attempts", "format": "csv", **body}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


def finished(server, asked: dict) -> dict:
    """The export once its job has ended; asked for with the token alone."""
    with server.client(key=None) as nobody:

        def look():
            answer = nobody.get(f"/v1/exports/{asked['job_id']}", params={"token": asked["polling_token"]})
            assert answer.status_code == 200, answer.text
            export = answer.json()
            return export if export["job"]["status"] in ("succeeded", "failed", "cancelled") else None

        export = wait_for("the export ends", look)
    assert export["job"]["status"] == "succeeded", export["job"]
    return export


@pytest.fixture(scope="module")
def filled(server):
    with server.client() as client:
        fill(server, client, 500)
        fill(server, client, 100, source="partner_api")
    return server


def test_a_file_is_what_the_manifest_says(filled, client):
    export = finished(filled, ask(filled, client, format="jsonl"))
    total = client.get("/v1/attempts", params={"project_id": filled.project}).json()["total"]
    assert export["rows"] == total == 600
    assert export["expires_at"] and not export["expired"]
    with filled.client(key=None) as nobody:
        manifest = nobody.get(export["manifest_href"]).json()
        assert manifest["contract"] == {"name": "export_manifest", "version": 1}
        for file, listed in zip(export["files"], manifest["files"], strict=True):
            answer = nobody.get(file["href"])
            assert answer.status_code == 200
            assert "attachment" in answer.headers["content-disposition"]
            assert hashlib.sha256(answer.content).hexdigest() == file["sha256"] == listed["sha256"]
            assert len(answer.content) == file["bytes"]
            rows = [json.loads(line) for line in answer.text.splitlines()]
            assert [row["sequence"] for row in rows] == sorted(row["sequence"] for row in rows)
            assert {row["project_id"] for row in rows if "project_id" in row} <= {filled.project}


def test_lists_say_what_an_export_is_about(filled, client):
    whole = ask(filled, client, format="parquet")
    narrow = ask(
        filled, client, of="leads", **{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
        filter={"source": "partner_api", "channel": ["organic", "paid"], "q": "email:x@example.com"},
    )
    days = ask(filled, client, of="days", **{"from": "2026-01-01", "to": "2026-01-03"})
    listed = {row["job"]["job_id"]: row["job"]["about"] for row in filled.pages(client, "/v1/exports", "exports")}
    assert listed[whole["job_id"]] == {"of": "attempts", "format": "parquet"}
    assert listed[narrow["job_id"]] == {
        "of": "leads", "format": "csv", "from": "2026-01-01T00:00:00.000Z", "to": "2026-02-01T00:00:00.000Z",
        "filter": {"source": ["partner_api"], "channel": ["organic", "paid"], "q": "email:x@example.com"},
    }
    assert listed[days["job_id"]] == {"of": "days", "format": "csv", "from": "2026-01-01", "to": "2026-01-03"}
    jobs = {row["job_id"]: row["about"] for row in filled.pages(client, "/v1/jobs", "jobs", kind="export")}
    assert {name: jobs[name] for name in listed} == listed


def test_filters_are_those_of_the_list(filled, client):
    asked = {"source": "partner_api", "outcome": "failure", "q": "email_invalid"}
    export = finished(filled, ask(filled, client, filter=asked))
    total = client.get("/v1/attempts", params={"project_id": filled.project, **asked}).json()["total"]
    assert export["rows"] == total == 20
    text = client.get(export["files"][0]["href"]).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["source"], row["failure_code"]) for row in rows} == {("partner_api", "email_invalid")}


@pytest.mark.parametrize("subject", ["leads", "days", "reports"])
@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_every_subject_in_every_format(filled, client, subject, format):
    # Looking at a day brings its snapshot up to date.
    today = client.get("/v1/attempts", params={"project_id": filled.project, "limit": 1}).json()["attempts"][0]["logical_date"]
    assert client.get(f"/v1/projects/{filled.project}/days/{today}").status_code == 200
    export = finished(filled, ask(filled, client, of=subject, format=format))
    content = client.get(export["files"][0]["href"]).content
    if format == "parquet":
        assert content[:4] == content[-4:] == b"PAR1"
    if subject == "leads":
        assert export["rows"] == 480
    if subject == "days" and format == "jsonl":
        assert any(json.loads(line)["attempts"] == 600 for line in content.decode().splitlines())


def download(client, export, folder):
    folder.mkdir()
    (folder / "manifest.json").write_bytes(client.get(export["manifest_href"]).content)
    for file in export["files"]:
        (folder / file["name"]).write_bytes(client.get(file["href"]).content)
    return folder


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_a_download_proves_itself(filled, client, tmp_path, format):
    export = finished(filled, ask(filled, client, format=format))
    folder = download(client, export, tmp_path / format)
    ran = daybook("verify", "--export", folder, "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(ran.stdout)
    assert found["ok"] and found["rows"] == export["rows"] and found["first_wrong_row"] is None
    assert found["chain"] == {"first_sequence": 1, "last_sequence": 600, "linked_rows": 599, "complete": True}
    assert found["not_verified"] == [] and found["manifest_sha256"] == export["job"]["result"]["manifest"]["sha256"]
    path = folder / export["files"][0]["name"]
    content = bytearray(path.read_bytes())
    at = content.index(b"web_form") if format != "parquet" else len(content) // 2
    content[at] ^= 1
    path.write_bytes(content)
    ran = daybook("verify", "--export", folder)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "sha256: the manifest says" in ran.stdout
    if format != "parquet":
        line = 2 if format == "csv" else 1
        assert f"first wrong row: {path.name}, line {line}, sequence 1: its fields do not have the hash" in ran.stdout


def test_reordering_hides_no_deletion(filled, client, tmp_path):
    export = finished(filled, ask(filled, client, format="jsonl"))
    for name, forge, reason in (
        ("swap", lambda rows: rows[:5] + [rows[6], rows[5]] + rows[7:], "it was moved"),
        ("reverse", lambda rows: rows[::-1], "it was moved"),
        ("delete and swap", lambda rows: rows[:5] + [rows[7], rows[5]] + rows[8:], "sequences 7 to 7, before it, are missing"),
    ):
        folder = download(client, export, tmp_path / name)
        manifest = json.loads((folder / "manifest.json").read_text())
        listed = manifest["files"][0]
        rows = forge((folder / listed["name"]).read_bytes().splitlines(True))
        content = b"".join(rows)
        (folder / listed["name"]).write_bytes(content)
        listed.update(bytes=len(content), rows=len(rows), sha256=hashlib.sha256(content).hexdigest())
        manifest["rows"] = len(rows)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        ran = daybook("verify", "--export", folder)
        assert ran.returncode == 1 and reason in ran.stdout, (name, ran.stdout)


def test_leads_days_and_reports_prove_themselves_and_what_is_no_export_is_wrong_use(filled, client, tmp_path):
    today = client.get("/v1/attempts", params={"project_id": filled.project, "limit": 1}).json()["attempts"][0]["logical_date"]
    assert client.get(f"/v1/projects/{filled.project}/days/{today}").status_code == 200
    for subject in ("leads", "days", "reports"):
        export = finished(filled, ask(filled, client, of=subject, format="jsonl"))
        folder = download(client, export, tmp_path / subject)
        ran = daybook("verify", "--export", folder / "manifest.json")
        assert ran.returncode == 0 and "Everything agrees." in ran.stdout, ran.stdout + ran.stderr
    days = tmp_path / "days" / "days-0001.jsonl"
    days.write_text(days.read_text().replace('"attempts":{"attempts":600', '"attempts":{"attempts":601'))
    ran = daybook("verify", "--export", days)
    assert ran.returncode == 1 and "snapshot_sha256: it was changed" in ran.stdout, ran.stdout + ran.stderr
    for wrong in (["--export", tmp_path / "nowhere"], ["--export", tmp_path / "days", "--date", "2026-03-10"], ["--manifest", "x"]):
        ran = daybook("verify", *wrong)
        assert ran.returncode == 2 and ran.stderr, wrong


def test_days_and_attempts_prove_each_other(fresh, tmp_path):
    server = fresh().start()
    with server.client() as client:
        dates = []
        for back in (4, 3, 2):
            at = now_text(-back * 86_400)
            for n in range(6):
                lead = submission(fields={"state": "Atlantis" if n % 3 == 0 else "CA"})
                answer = client.post(f"/v1/projects/{server.project}/leads", json=lead, headers={"daybook-received-at": at})
                assert answer.status_code in (201, 422), answer.text
            row = client.get("/v1/attempts", params={"project_id": server.project, "limit": 1}).json()["attempts"][0]
            dates.append(row["logical_date"])
        for date in dates[:2]:
            assert client.post(f"/v1/projects/{server.project}/days/{date}/close").status_code == 200
        days = download(client, finished(server, ask(server, client, of="days", format="csv")), tmp_path / "days")
        whole = download(client, finished(server, ask(server, client, format="parquet")), tmp_path / "whole")
        part = {"from": dates[1]}
        later = download(client, finished(server, ask(server, client, format="jsonl", **part)), tmp_path / "later")
        some = download(client, finished(server, ask(server, client, filter={"outcome": "failure"})), tmp_path / "some")
        one = download(client, finished(server, ask(server, client, format="jsonl", date=dates[1])), tmp_path / "one")

    def compare(attempts, *flags):
        ran = daybook("verify", "--export", attempts, "--export", days, *flags)
        return ran.returncode, ran.stdout + ran.stderr

    status, text = compare(whole, "--json")
    found = json.loads(text)
    assert status == 0 and found["ok"] and len(found["exports"]) == 2, text
    assert found["days_compared"] == 2 and len(found["comparisons"]) == 12
    names = {one["name"] for one in found["comparisons"]}
    assert {f"{dates[0]}: attempts", f"{dates[1]}: last_hash"} <= names
    assert found["not_verified"] == ["1 date of attempts: the days do not hold them closed"]
    status, text = compare(one)
    assert status == 0 and "days against attempts  1 closed day  ok" in text and "1 closed day: the attempts" in text, text
    status, text = compare(later)
    assert status == 0 and "0 closed days  ok" in text, text
    status, text = compare(some)
    assert status == 0 and "a filter leaves attempts out" in text, text
    # The last row of a day is taken out of an export that is rewritten to agree with itself.
    manifest = json.loads((one / "manifest.json").read_text())
    listed = manifest["files"][0]
    content = b"".join((one / listed["name"]).read_bytes().splitlines(True)[:-1])
    (one / listed["name"]).write_bytes(content)
    listed.update(bytes=len(content), rows=5, sha256=hashlib.sha256(content).hexdigest())
    manifest["rows"] = 5
    (one / "manifest.json").write_text(json.dumps(manifest))
    assert daybook("verify", "--export", one).returncode == 0, "alone it agrees"
    status, text = compare(one)
    assert status == 1 and f"{dates[1]}: attempts: the days say 6, the attempts 5" in text, text
    assert f"{dates[1]}: last_hash" in text
    ran = daybook("verify", "--export", whole, "--export", one)
    assert ran.returncode == 2 and "one is of attempts and one of days" in ran.stderr


def test_a_download_is_taken_up_again(filled, client):
    export = finished(filled, ask(filled, client))
    href, size, tag = export["files"][0]["href"], export["files"][0]["bytes"], f'"{export["files"][0]["sha256"]}"'
    whole = client.get(href)
    assert whole.headers["etag"] == tag and whole.headers["accept-ranges"] == "bytes"
    first = client.get(href, headers={"range": "bytes=0-999"})
    assert first.status_code == 206 and first.headers["content-range"] == f"bytes 0-999/{size}"
    rest = client.get(href, headers={"range": "bytes=1000-", "if-range": tag})
    assert rest.status_code == 206 and first.content + rest.content == whole.content
    last = client.get(href, headers={"range": "bytes=-10"})
    assert last.content == whole.content[-10:]
    other = client.get(href, headers={"range": "bytes=1000-", "if-range": '"another"'})
    assert other.status_code == 200 and other.content == whole.content
    beyond = client.get(href, headers={"range": f"bytes={size}-"})
    assert_problem(beyond, 416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    assert client.get(href, headers={"if-none-match": tag}).status_code == 304
    for nonsense in ("bytes=5-1", "lines=1-2", "bytes=a-b", "bytes=0-1,4-5"):
        assert client.get(href, headers={"range": nonsense}).status_code == 200


def test_only_the_token_or_a_key_of_the_project_opens_it(filled, client):
    asked = ask(filled, client)
    export = finished(filled, asked)
    path = f"/v1/exports/{asked['job_id']}"
    name = export["files"][0]["name"]
    other = ask(filled, client)
    with filled.client(key=None) as nobody:
        assert_problem(nobody.get(path), 401, "credentials_missing")
        for token in ("", "x", other["polling_token"], asked["polling_token"][:-1] + "g", "dbx_prj_other_00"):
            for place in (path, f"{path}/files/{name}"):
                assert_problem(nobody.get(place, params={"token": token}), 403, "polling_token_invalid")
        assert_problem(
            nobody.get(f"{path}/files/..%2f..%2fledger.sqlite", params={"token": asked["polling_token"]}), 404, "not_found"
        )
    assert client.get(path, params={"project_id": filled.project}).status_code == 200
    listed = client.get("/v1/exports", params={"project_id": filled.project, "limit": 1}).json()
    assert listed["contract"]["name"] == "exports" and len(listed["exports"]) == 1 and listed["page"]["has_more"]
    assert client.get("/v1/exports", params={"project_id": "prj_other"}).status_code == 403


def test_the_same_key_is_the_same_export(filled, client):
    headers = {"idempotency-key": "export-1"}
    one = ask(filled, client, headers=headers, format="jsonl")
    two = ask(filled, client, headers=headers, format="jsonl")
    assert (one["job_id"], one["polling_token"]) == (two["job_id"], two["polling_token"])
    finished(filled, two)
    body = {"project_id": filled.project, "of": "attempts", "format": "csv"}
    assert_problem(client.post("/v1/exports", json=body, headers=headers), 422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"of": "everything"}, 422, "field_value", "/of"),
        ({"format": "xls"}, 422, "field_value", "/format"),
        ({"from": "yesterday"}, 422, "time_invalid", "/from"),
        ({"date": "2026-02-30"}, 422, "field_value", "/date"),
        ({"filter": {"q": "nobody:knows"}}, 422, "field_value", "/filter/q"),
        ({"of": "days", "filter": {"source": "web_form"}}, 422, "field_unknown", "/filter"),
        ({"of": "days", "from": "2026-03-08T00:00:00Z"}, 422, "field_value", "/from"),
    ],
)
def test_wrong_questions_are_named(filled, client, body, status, code, pointer):
    answer = client.post("/v1/exports", json={"project_id": filled.project, "of": "attempts", "format": "csv", **body})
    problem = assert_problem(answer, status, code)
    assert problem["errors"][0]["pointer"] == pointer


def test_a_watcher_sees_the_job_to_its_end(filled, client):
    asked = ask(filled, client, of="leads")
    seen = []
    with client.stream("GET", asked["links"]["events"]) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        for line in stream.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line[6:]))
    assert seen[-1]["status"] == "succeeded" and seen[-1]["result"]["rows"] == 480
    assert seen[-1]["attempts"][0]["outcome"] == "succeeded"


def test_a_stop_of_the_server_ends_a_watch_and_the_job_goes_on(fresh):
    server = fresh().start()
    with server.client() as client:
        fill(server, client, 200)
        asked = ask(server, client)
    # Killed at any moment between the answer and the end of the job.
    server.kill9()
    server.start()
    export = finished(server, asked)
    with server.client() as client:
        again = finished(server, ask(server, client))
        assert [f["sha256"] for f in export["files"]] == [f["sha256"] for f in again["files"]]
        jobs = client.get("/v1/jobs", params={"project_id": server.project, "kind": "export"}).json()["jobs"]
        assert {job["status"] for job in jobs} == {"succeeded"}
    leftovers = [path for path in (server.data / "jobs").glob("*")]
    wait_for("the jobs' folders are gone", lambda: not any(path.exists() for path in leftovers))
    assert server.stop() == 0


def test_a_cancelled_export_has_no_files(filled, client):
    asked = ask(filled, client, format="parquet")
    answer = client.post(f"/v1/jobs/{asked['job_id']}/cancel", params={"project_id": filled.project})
    assert answer.status_code == 200, answer.text

    def ended():
        job = client.get(f"/v1/jobs/{asked['job_id']}", params={"project_id": filled.project}).json()["job"]
        return job if job["status"] in ("succeeded", "failed", "cancelled") else None

    job = wait_for("the job ends", ended)
    # It may have been finished before anybody asked for its end; failed it has not.
    assert job["status"] in ("cancelled", "succeeded")
    path = f"/v1/exports/{asked['job_id']}/files/attempts-0001.parquet"
    file = client.get(path, params={"token": asked["polling_token"]})
    if job["status"] == "cancelled":
        assert_problem(file, 404, "not_found")
    else:
        assert file.status_code == 200
    again = client.post(f"/v1/jobs/{asked['job_id']}/cancel", params={"project_id": filled.project}).json()
    assert again["job"]["status"] == job["status"]
    assert_problem(client.post("/v1/jobs/job_none/cancel", params={"project_id": filled.project}), 404, "not_found")
    for wrong in ({"kind": "none"}, {"status": "none"}, {"limit": "0"}, {"cursor": "x"}):
        answer = client.get("/v1/jobs", params={"project_id": filled.project, **wrong})
        assert answer.status_code == 400, answer.text


def test_files_are_checked_under_the_names_that_a_download_gives_them(filled, client, tmp_path):
    """`curl -OJ` takes the names from the answers."""
    export = finished(filled, ask(filled, client, format="jsonl"))
    names = []
    for href in [export["manifest_href"]] + [file["href"] for file in export["files"]]:
        answer = client.get(href)
        names.append(answer.headers["content-disposition"].split('"')[1])
        (tmp_path / names[-1]).write_bytes(answer.content)
    assert names[0].endswith("-manifest.json") and names[0].startswith("job_")
    for path in (tmp_path, tmp_path / names[0], tmp_path / names[1]):
        ran = daybook("verify", "--export", path, "--json")
        assert ran.returncode == 0, ran.stderr + ran.stdout
        assert json.loads(ran.stdout)["rows"] == 600
    (tmp_path / names[1]).write_bytes(b"{}\n")
    assert daybook("verify", "--export", tmp_path).returncode == 1
    # Of several exports one has to be named.
    (tmp_path / "job_other-manifest.json").write_text("{}")
    assert daybook("verify", "--export", tmp_path).returncode == 2
    assert "manifest" in daybook("verify", "--export", tmp_path).stderr
