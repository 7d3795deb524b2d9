"""Batches and imports, compressed or not, with the delimiter of the file; and what every refusal leaves in the log."""

from __future__ import annotations

import csv
import gzip
import io
import json
import socket

import httpx
import pytest
import zstandard

from conftest import assert_problem, daybook, now_text, submission, wait_for


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


COMPRESS = {"gzip": gzip.compress, "zstd": zstd}


def post(server, client, way, content, *, encoding=None, kind="text/csv", key=None, **params) -> httpx.Response:
    headers = {"content-type": kind}
    if encoding:
        headers["content-encoding"] = encoding
    if key:
        headers["idempotency-key"] = key
    path = {"batch": "leads/batch", "import": "imports"}[way]
    return client.post(f"/v1/projects/{server.project}/{path}", content=content, params=params, headers=headers, timeout=120)


def finished(server, client, answer) -> dict:
    assert answer.status_code == 202, answer.text
    link = answer.json()["links"]["job"]

    def done():
        job = client.get(link).json()["job"]
        return job if job["status"] in ("succeeded", "failed", "cancelled") else None

    return wait_for("the import ends", done, 120)


def attempts(server, client, **params) -> list[dict]:
    return list(server.pages(client, "/v1/attempts", "attempts", window="24h", **params))


def rows(source: str, count: int, delimiter: str = ",") -> bytes:
    lines = [delimiter.join(["email", "state", "note"])]
    lines += [delimiter.join([f"{source}{n}@example.com", "CA", f"row {n}"]) for n in range(count)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_compressed_batch_is_the_batch(server, client, encoding):
    source = f"batch_{encoding}"
    content = COMPRESS[encoding](rows(source, 300))
    answer = post(server, client, "batch", content, encoding=encoding, source=source, consent="true")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["received"], answer.json()["accepted"]) == (300, 300)
    lines = b"\n".join(json.dumps(submission(source=source)).encode() for _ in range(20))
    answer = post(server, client, "batch", COMPRESS[encoding](lines), encoding=encoding, kind="application/x-ndjson")
    assert answer.json()["accepted"] == 20, answer.text
    assert len(attempts(server, client, source=source)) == 320


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_compressed_import_is_the_import(server, client, encoding):
    source = f"import_{encoding}"
    plain = rows(source, 30_000)
    sent = dict(source=source, consent="true", key=f"key-{encoding}")
    first = post(server, client, "import", COMPRESS[encoding](plain), encoding=encoding, **sent)
    job = finished(server, client, first)
    assert (job["result"]["rows"], job["result"]["leads"]) == (30_000, 30_000)
    # The file is the same one, however it travels.
    again = post(server, client, "import", plain, **sent)
    assert again.headers["idempotency-replayed"] == "true" and again.json()["job_id"] == job["job_id"]


@pytest.mark.parametrize("way, megabytes", [("batch", 64), ("import", 256)])
@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_what_cannot_be_decompressed_is_a_named_failure(server, client, way, megabytes, encoding):
    compress = COMPRESS[encoding]
    whole = compress(rows("never", 2000))
    bomb = compress(b"email,note\n" + bytes(megabytes + 1 << 20))
    assert len(bomb) < 1 << 20
    before = len(attempts(server, client))
    logged = []
    for content, status, code, says in [
        (bomb, 413, "body_expands_too_large", f"{megabytes} MiB"),
        (whole[:-9], 400, "body_encoding_invalid", "ends too early"),
        (b"email\na@example.com\n", 400, "body_encoding_invalid", f"not valid {encoding}"),
        (b"", 400, "body_encoding_invalid", "ends too early"),
    ]:
        problem = assert_problem(post(server, client, way, content, encoding=encoding), status, code)
        assert says in problem["detail"]
        logged.append((problem["attempt_id"], code))
    problem = assert_problem(post(server, client, way, b"x", encoding="br"), 415, "encoding_unsupported")
    logged.append((problem["attempt_id"], "encoding_unsupported"))
    found = attempts(server, client)
    assert len(found) == before + 5
    codes = {attempt["attempt_id"]: attempt["failure_code"] for attempt in found}
    assert [codes[identifier] for identifier, _ in logged] == [code for _, code in logged]
    assert client.get("/health/live").status_code == 200


@pytest.mark.parametrize("delimiter, parameter", [(";", ";"), ("\t", "tab"), ("\t", "\t"), ("|", "|")])
def test_the_delimiter_of_a_file_is_named(server, client, delimiter, parameter):
    source = f"delimiter_{ord(delimiter)}_{len(parameter)}"
    text = rows(source, 3, delimiter).decode() + f'\nlast_{source}@example.com{delimiter}Atlantis{delimiter}"a{delimiter}b"'
    sent = dict(source=source, consent="true", delimiter=parameter)
    batch = post(server, client, "batch", text.encode(), **sent).json()
    assert (batch["accepted"], batch["failed"]) == (3, 1), batch
    job = finished(server, client, post(server, client, "import", text.encode(), **{**sent, "source": source + "_file"}))
    assert (job["result"]["leads"], job["result"]["by_code"]) == (3, {"state_invalid": 1})
    failed = client.get(job["result"]["errors_href"]).text
    assert list(csv.reader(io.StringIO(failed, newline=""), delimiter=delimiter))[1][:3] == [f"last_{source}@example.com", "Atlantis", f"a{delimiter}b"]
    # Corrected, it is imported with the parameters of before.
    again = failed.replace("Atlantis", "NV").encode()
    job = finished(server, client, post(server, client, "import", again, **sent, skip="line,code,pointer,message"))
    assert job["result"]["leads"] == 1, job


def test_a_wrong_delimiter_is_explained(server, client):
    problem = assert_problem(post(server, client, "batch", b"email;state\na@example.com;CA\n"), 400, "csv_header_invalid")
    assert "delimiter=%3B" in problem["detail"]
    for wrong in ["ab", '"', "a", "\n"]:
        problem = assert_problem(post(server, client, "import", b"email\na@example.com\n", delimiter=wrong), 400, "parameter_invalid")
        assert problem["errors"][0]["pointer"] == "/query/delimiter"


@pytest.mark.parametrize("closes", [False, True], ids=["never", "by chance"])
def test_a_quote_that_is_not_closed_costs_its_own_row(server, client, closes):
    source = f"quote_{closes}"
    lines = [f"{source}{n}@example.com,CA,row" for n in range(4000)]
    lines[5] = f'"{source}5@example.com,CA,row'
    if closes:
        lines[3000] = f'"{source}3000@example.com",CA,"the last"'
    text = "\r\n".join(["email,state,note", *lines]).encode()
    batch = post(server, client, "batch", text, source=source, consent="true").json()
    assert (batch["received"], batch["accepted"]) == (4000, 3999)
    failed = [row for row in batch["results"] if row["code"]]
    assert [(row["line"], row["code"]) for row in failed] == [(7, "csv_row_invalid")]
    assert "a quote opens in line 7, cell 1" in failed[0]["message"]
    job = finished(server, client, post(server, client, "import", text.replace(source.encode(), b"i" + source.encode()), source="i" + source, consent="true"))
    assert job["result"]["rows"] == 4000 and job["result"]["by_code"] == {"csv_row_invalid": 1}, job
    assert job["progress"]["done"] == job["progress"]["total"] == 4000
    assert len(attempts(server, client, source=source)) == len(attempts(server, client, source="i" + source)) == 4000
    assert server.settled_books(client)["balanced"]


@pytest.mark.parametrize("ending, compress", [(".gz", gzip.compress), (".zst", zstd)])
def test_the_command_line_reads_compressed_files(server, client, tmp_path, ending, compress):
    source = "file_" + ending[1:]
    plain = tmp_path / "leads.csv"
    plain.write_bytes(rows(source, 500, ";"))
    packed = tmp_path / f"leads.csv{ending}"
    packed.write_bytes(compress(plain.read_bytes()))
    arguments = ["--url", server.url, "--api-key", server.key, "--delimiter", ";", "--json", "--quiet"]
    arguments += ["--map", f"source=@{source}", "--map", "consent=@true"]
    summaries = []
    for file in (packed, plain):
        done = daybook("import", "leads", file, *arguments)
        assert done.returncode == 0, done.stderr
        summaries.append(json.loads(done.stdout))
    assert [summary["leads"] for summary in summaries] == [500, 500]
    assert [summary["replayed"] for summary in summaries] == [0, 500], "the rows of the same file are the same ones"
    packed.write_bytes(packed.read_bytes()[:-20])
    cut = daybook("import", "leads", packed, *arguments)
    assert cut.returncode == 1 and "ends too early" in cut.stderr
    wrong = daybook("import", "leads", plain, *arguments, "--delimiter", "ab")
    assert wrong.returncode == 64 or wrong.returncode == 2, wrong.stderr
    assert "--delimiter must be one ASCII character" in wrong.stderr


def refusals(server, client, other):
    """Ways to be refused without a submission that could be read: what to do, and the status and code to expect."""
    leads = f"/v1/projects/{server.project}/leads"
    imports = f"/v1/projects/{server.project}/imports"
    form = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    kinds = {"content-type": "application/json"}
    table = {"content-type": "text/csv"}
    large = b"a" * 70_000
    huge = b"a" * ((10 << 20) + 1)
    assumed = {**kinds, "daybook-received-at": now_text(3600)}
    return {
        "a lead too large": (client, leads, large, kinds, 413, "body_too_large"),
        "a lead of another type": (client, leads, b"x", {"content-type": "text/plain"}, 415, "media_type_unsupported"),
        "a compressed lead": (client, leads, b"x", {**kinds, "content-encoding": "gzip"}, 415, "encoding_unsupported"),
        "a receipt time to come": (client, leads, b"{}", assumed, 400, "parameter_invalid"),
        "a lead without scope": (other, leads, json.dumps(submission()).encode(), kinds, 403, "scope_missing"),
        "a batch too large": (client, leads + "/batch", huge, {"content-type": "application/x-ndjson"}, 413, "body_too_large"),
        "a batch without scope": (other, leads + "/batch", b"email\na@b.co\n", table, 403, "scope_missing"),
        "a batch for a time to come": (client, leads + "/batch", b"email\n", {**table, **assumed, **table}, 400, "parameter_invalid"),
        "a form too large": (client, leads + "/form/web_form", large, form, 413, "body_too_large"),
        "a form of no source": (client, leads + "/form/a%20b", b"email=a", form, 400, "parameter_invalid"),
        "a form that is off": (client, leads + "/form/other", b"email=a", form, 403, "form_disabled"),
        "a webhook too large": (client, leads + "/webhook/crm", large, kinds, 413, "body_too_large"),
        "a webhook of no source": (client, leads + "/webhook/a%20b", b"{}", kinds, 400, "parameter_invalid"),
        "an import of another type": (client, imports, b"x", kinds, 415, "media_type_unsupported"),
        "an import without rows": (client, imports, b"", table, 400, "body_empty"),
        "an import without people": (client, imports, b"state\nCA\n", table, 400, "csv_header_invalid"),
        "an import with a parameter": (client, imports + "?colour=red", b"email\n", table, 400, "parameter_unknown"),
        "an import with no key": (client, imports, b"email\n", {**table, "idempotency-key": "a b"}, 400, "idempotency_key_invalid"),
        "an import without scope": (other, imports, b"email\na@b.co\n", table, 403, "scope_missing"),
    }


def newest(server, client):
    """The last attempts: a few, because they are asked for often."""
    return client.get("/v1/attempts", params={"project_id": server.project, "limit": 20}).json()["attempts"]


def test_whatever_is_refused_is_in_the_log_once(server, client):
    client.put(f"/v1/projects/{server.project}/forms/web_form", json={"is_enabled": True}).raise_for_status()
    made = client.post(f"/v1/projects/{server.project}/keys", json={"name": "reader", "scopes": ["query"]}).json()
    with server.client(key=made["api_key"]) as reader:
        for what, (sender, path, body, headers, status, code) in refusals(server, client, reader).items():
            before = {attempt["attempt_id"] for attempt in newest(server, client)}
            answer = sender.post(path, content=body, headers=headers)
            problem = assert_problem(answer, status, code)
            new = [attempt for attempt in newest(server, client) if attempt["attempt_id"] not in before]
            assert [attempt["failure_code"] for attempt in new] == [code], what
            assert new[0]["attempt_id"] == problem["attempt_id"], what
            assert new[0]["failure_category"] and new[0]["failure_message"] and not new[0]["lead_id"], what


@pytest.mark.parametrize("way, length, sent, code", [
    ("imports", (256 << 20) + 1, b"email\n", "body_too_large"),
    ("imports", 5000, b"email\na@example.com\n", "body_incomplete"),
    ("leads/batch", 5000, b"email\na@example.com\n", "body_incomplete"),
])
def test_a_body_that_is_too_long_or_breaks_off_is_in_the_log(server, client, way, length, sent, code):
    address = httpx.URL(server.url)
    before = {attempt["attempt_id"] for attempt in newest(server, client)}
    with socket.create_connection((address.host, address.port), timeout=30) as connection:
        head = (
            f"POST /v1/projects/{server.project}/{way} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {server.key}\r\n"
            f"content-type: text/csv\r\ncontent-length: {length}\r\n\r\n"
        )
        connection.sendall(head.encode() + sent)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(30)
        connection.recv(65536)
    new = wait_for("it is logged", lambda: [a for a in newest(server, client) if a["attempt_id"] not in before], 20)
    assert [attempt["failure_code"] for attempt in new] == [code]
