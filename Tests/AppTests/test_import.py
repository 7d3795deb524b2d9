"""A real file goes in through the front door, and every one of its rows is accounted for."""

from __future__ import annotations

import csv
import json
import os
import pathlib

import pytest

from conftest import ROOT, daybook

CSV = pathlib.Path(os.environ.get("DAYBOOK_DATA_CSV") or ROOT.parent / "shared/data/mortgage_applications.csv")


def run_import(server, file, *flags):
    done = daybook("import", "leads", file, "--url", server.url, "--api-key", server.key, "--json", "--quiet", *flags)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not CSV.exists(), reason=f"the mortgage applications are not here: {CSV} (name them with DAYBOOK_DATA_CSV)")
def test_every_mortgage_application_becomes_a_lead_or_a_named_failure(server, client):
    with CSV.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1989
    dirty = [
        row
        for row in rows
        if not 12 <= float(row["term_months"]) <= 480
        or row["meets_guidelines"] not in ("0", "1")
        or not row["units"]
        or not row["credit_reports"]
    ]
    assert dirty, "the file has lost its dirt"

    summary = run_import(server, CSV, "--preset", "mortgage-applications")
    failed = sum(summary["failures"].values())
    assert summary["rows"] == 1989 == summary["leads"] + failed
    assert failed >= len(dirty)
    for field in ("/fields/term_months", "/fields/meets_guidelines", "/fields/units"):
        assert summary["failures_by_field"].get(field, 0) >= 1, summary["failures_by_field"]

    attempts = list(server.pages(client, "/v1/attempts", "attempts", window="24h"))
    assert len(attempts) == 1989
    assert len([a for a in attempts if a["lead_id"]]) == summary["leads"]
    failures = [a for a in attempts if a["outcome"] == "failure"]
    assert len(failures) == failed
    one = client.get(f"/v1/attempts/{failures[0]['attempt_id']}", params={"project_id": server.project}).json()["attempt"]
    assert "/fields/" in json.dumps(one["context"])

    again = run_import(server, CSV)
    assert (again["rows"], again["leads"], again["replayed"]) == (1989, summary["leads"], 1989)
    assert len(list(server.pages(client, "/v1/attempts", "attempts", window="24h"))) == 1989, "the second run added something"
    assert server.settled_books(client)["balanced"]


def test_bad_rows_are_counted_and_named(server, tmp_path):
    file = tmp_path / "leads.csv"
    file.write_bytes(
        b"\xef\xbb\xbfemail,amount,state\r\n"
        b"a1@example.com,100,CA\r\n"
        b"\"quoted, with comma\"@example.com,100,CA\r\n"
        b"a2@example.com,100\r\n"
        b"a3@example.com,\"1\"2,CA\r\n"
        b"a4@example.com,200,\xff\r\n"
        b"a5@example.com,300,California\r\n"
        b"a6@example.com,400,NY"
    )
    summary = run_import(server, file, "--map", "user.email=email", "--map", "fields.loan_amount=amount*1000", "--map", "fields.state=state", "--map", "source=@partner_csv", "--map", "consent=@true")
    assert summary["rows"] == 7
    assert summary["leads"] == 2
    assert summary["failures"] == {"csv_row_invalid": 4, "state_invalid": 1}
    assert [example["line"] for example in summary["examples"] if example["code"] == "csv_row_invalid"] == [3, 4, 5, 6]


def test_columns_map_themselves_beside_a_map(server, client, tmp_path):
    file = tmp_path / "leads.csv"
    file.write_text("email,state,amount,account,note\nc1@example.com,CA,320,123456789012345678901,x\nc2@example.com,Nowhere,1,2,x\n")
    summary = run_import(server, file, "--map", "consent=@true", "--map", "fields.loan_amount=amount*1000", "--skip", "note")
    assert (summary["rows"], summary["leads"], summary["failures"]) == (2, 1, {"state_invalid": 1})
    attempts = client.get("/v1/attempts", params={"project_id": server.project, "source": "bulk_import", "outcome": "success"})
    one = attempts.json()["attempts"][0]["attempt_id"]
    fields = client.get(f"/v1/attempts/{one}", params={"project_id": server.project}).json()["lead"]["fields"]
    assert fields == {"account": "123456789012345678901", "loan_amount": 320000, "state": "CA"}


@pytest.mark.parametrize(
    "flags, said",
    [(["--map", "user.email=nope"], "nope"), (["--map", "colour=email"], "colour"), (["--preset", "nope"], "nope"), (["--skip", "nope"], "nope")],
)
def test_a_wrong_map_ends_with_2(server, tmp_path, flags, said):
    file = tmp_path / "leads.csv"
    file.write_text("email\na@example.com\n")
    done = daybook("import", "leads", file, "--url", server.url, "--api-key", server.key, *flags)
    assert done.returncode == 2 and said in done.stderr


def test_a_file_that_is_not_there_ends_with_1(server, tmp_path):
    done = daybook("import", "leads", tmp_path / "none.csv", "--url", server.url, "--api-key", server.key)
    assert done.returncode == 1 and "none.csv" in done.stderr
