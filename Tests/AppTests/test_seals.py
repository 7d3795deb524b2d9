"""Days are closed, sealed and proven; whoever goes around the database is found and named."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import threading
import zoneinfo

import httpx
import pytest

from conftest import ROOT, Server, assert_problem, daybook, submission

DAYS_BACK = (3, 2, 1)


def project_zone(client):
    projects = client.get("/v1/projects").json()["projects"]
    return zoneinfo.ZoneInfo(projects[0]["time_zone"])


def write_days(server, client, per_day: int = 12) -> list[str]:
    """Attempts on the last three whole days, every fourth a failure; the dates."""
    here = project_zone(client)
    today = datetime.datetime.now(here).date()
    dates = []
    for back in DAYS_BACK:
        date = today - datetime.timedelta(days=back)
        noon = datetime.datetime.combine(date, datetime.time(12), here)
        dates.append(date.isoformat())
        for number in range(per_day):
            at = (noon + datetime.timedelta(seconds=number)).astimezone(datetime.timezone.utc)
            lead = submission(fields={"loan_amount": 1000 + number, "state": "CA"})
            if number % 4 == 3:
                lead["user"] = {"email": "not an address"}
            answer = client.post(
                f"/v1/projects/{server.project}/leads",
                content=json.dumps(lead),
                headers={"content-type": "application/json", "daybook-received-at": at.isoformat().replace("+00:00", "Z")},
            )
            assert answer.status_code in (201, 422), answer.text
    return dates


def close(server, client, date: str):
    answer = client.post(f"/v1/projects/{server.project}/days/{date}/close")
    assert answer.status_code == 200, answer.text
    return answer.json()


def attempts(server, client, date: str) -> list[dict]:
    rows = list(server.pages(client, "/v1/attempts", "attempts", date=date))
    return sorted(rows, key=lambda row: row["sequence"])


def verify(folder, *flags) -> tuple[int, dict]:
    done = daybook("verify", "--data", folder, "--json", *flags)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A stopped server's folder with three sealed days, and what was in them."""
    folder = tmp_path_factory.mktemp("sealed")
    server = Server(folder, environment={"DAYBOOK_DAYS_SIGNING": "on"}).start()
    with server.client() as client:
        dates = write_days(server, client)
        for date in dates:
            close(server, client, date)
        rows = {date: attempts(server, client, date) for date in dates}
        proof = client.get(f"/v1/attempts/{rows[dates[1]][5]['attempt_id']}/proof", params={"project_id": server.project})
        seals = client.get(f"/v1/projects/{server.project}/seals").json()
        key = client.get(f"/v1/projects/{server.project}/seals/key").json()
        server.settled_books(client)
    assert server.stop() == 0
    return {"server": server, "dates": dates, "rows": rows, "proof": proof, "seals": seals, "key": key}


# ---- Proofs


def script(tmp_path):
    """The script of docs/seals.md, as a third party would copy it."""
    text = (ROOT / "docs/seals.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) == 1
    file = tmp_path / "verify_proof.py"
    file.write_text(blocks[0])
    return file


def check(tmp_path, proof: dict) -> subprocess.CompletedProcess:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof))
    return subprocess.run([sys.executable, script(tmp_path), file], capture_output=True, text=True, timeout=30)


def test_a_third_party_checks_a_proof_with_the_documented_script(sealed, tmp_path):
    answer = sealed["proof"]
    assert answer.status_code == 200, answer.text
    proof = answer.json()
    assert proof["contract"] == {"name": "inclusion_proof", "version": 1}
    assert proof["leaf_index"] == 5 and proof["tree_size"] == 12
    done = check(tmp_path, proof)
    assert done.returncode == 0, done.stderr
    assert proof["seal"]["seal_hash"] in done.stdout

    def changed(change) -> dict:
        copy = json.loads(json.dumps(proof))
        change(copy)
        return copy

    def set_field(copy, name, value):
        for row in copy["canonical"]["fields"]:
            if row[0] == name:
                row[2] = value

    forgeries = [
        lambda p: set_field(p, "source", "partner_api"),
        lambda p: p.update(leaf_index=4),
        lambda p: p["path"].pop(),
        lambda p: p["path"].append("00" * 32),
        lambda p: p["seal"].update(statement=p["seal"]["statement"].replace("tree_size=12", "tree_size=13")),
        lambda p: p["seal"].update(seal_hash="00" * 32),
    ]
    for forge in forgeries:
        assert check(tmp_path, changed(forge)).returncode != 0


def test_seals_form_a_chain_and_are_signed(sealed):
    seals, chain = sealed["seals"]["seals"], sealed["seals"]["chain"]
    assert chain == {"consistent": True, "first_break": None}
    ours = [seal for seal in seals if seal["date"] in sealed["dates"]]
    assert [seal["date"] for seal in ours] == sealed["dates"]
    for before, after in zip(seals, seals[1:]):
        assert after["previous_seal_hash"] == before["seal_hash"]
    public = bytes.fromhex(sealed["key"]["public_key"])
    for seal in ours:
        statement = seal["statement"].encode()
        assert hashlib.sha256(statement).hexdigest() == seal["seal_hash"]
        assert seal["key_id"] == sealed["key"]["key_id"] == "ed25519-" + hashlib.sha256(public).hexdigest()[:16]
        assert ed25519_verifies(public, statement, bytes.fromhex(seal["signature"]))
        assert not ed25519_verifies(public, statement + b" ", bytes.fromhex(seal["signature"]))


def test_open_days_have_no_proof(server, client):
    lead = server.post_lead(client, submission())
    assert lead.status_code == 201
    asked = {"project_id": server.project}
    assert_problem(client.get(f"/v1/attempts/{lead.json()['attempt_id']}/proof", params=asked), 409, "day_not_closed")
    assert_problem(client.get("/v1/attempts/att_nobody/proof", params=asked), 404, "not_found")
    assert_problem(client.get(f"/v1/projects/{server.project}/seals/key"), 404, "not_found")
    assert_problem(client.get(f"/v1/projects/{server.project}/seals", params={"from": "2026-02-30"}), 400, "date_invalid")
    other = client.get(f"/v1/attempts/{lead.json()['attempt_id']}/proof", params={"project_id": "prj_other"})
    assert_problem(other, 403, "project_forbidden")


# ---- Tampering


def test_an_honest_copy_verifies(sealed, tmp_path):
    copy = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    status, report = verify(copy)
    assert status == 0 and report["ok"], report
    assert report["rows"] == 36 and report["first_wrong_row"] is None
    shown = daybook("verify", "--data", copy)
    assert shown.returncode == 0 and "Everything agrees." in shown.stdout
    assert "rows/s" in shown.stdout


TAMPERINGS = {
    # What is done to the second day: SQL, which subject is named, at which row of the day (0-based).
    "edit": ("UPDATE attempts SET source = 'forged' WHERE sequence = {s5}", "attempt", 5),
    "edit_the_context": ("UPDATE attempts SET context = '{{}}' WHERE sequence = {s5}", "attempt", 5),
    "move_to_another_day": ("UPDATE attempts SET logical_date = '{last}' WHERE sequence = {s5}", "seal", None),
    "delete": ("DELETE FROM leads WHERE attempt_id = '{a5}'; DELETE FROM attempts WHERE sequence = {s5}", "attempt", 6),
    "reorder": (
        "UPDATE attempts SET sequence = -1 WHERE sequence = {s5}; UPDATE attempts SET sequence = {s5} WHERE sequence = {s6};"
        "UPDATE attempts SET sequence = {s6} WHERE sequence = -1",
        "attempt",
        5,
    ),
    "change_a_lead": ("UPDATE leads SET fields = '{{\"loan_amount\":1}}' WHERE attempt_id = '{a5}'", "lead", 5),
    "give_a_lead_to_another": ("UPDATE leads SET channel = 'paid' WHERE attempt_id = '{a5}'", "lead", 5),
    "delete_a_lead": ("DELETE FROM leads WHERE attempt_id = '{a5}'", "lead", 5),
    "change_the_snapshot": (
        "UPDATE day_snapshots SET json = replace(json, '\"failures\":3', '\"failures\":2') WHERE logical_date = '{date}'",
        "snapshot",
        None,
    ),
    "change_the_seal": ("UPDATE day_seals SET sealed_at = sealed_at + 1 WHERE logical_date = '{date}'", "seal", None),
    "change_the_root": ("UPDATE day_seals SET merkle_root = zeroblob(32) WHERE logical_date = '{date}'", "seal", None),
    "delete_the_closing": ("DELETE FROM closed_days WHERE logical_date = '{date}'", "closed_day", None),
    "delete_the_seal": ("DELETE FROM day_seals WHERE logical_date = '{date}'", "seal", None),
    "delete_the_link": ("DELETE FROM day_seal_links WHERE logical_date = '{date}'", "seal", None),
    "delete_the_snapshot": ("DELETE FROM day_snapshots WHERE logical_date = '{date}'", "snapshot", None),
    "thaw_the_snapshot": ("UPDATE day_snapshots SET closed_at = NULL WHERE logical_date = '{date}'", "snapshot", None),
    "unbalance_the_snapshot": ("UPDATE day_snapshots SET is_balanced = 0 WHERE logical_date = '{date}'", "snapshot", None),
    "change_the_trends": ("UPDATE day_points SET attempts = attempts + 5 WHERE logical_date = '{date}'", "day_point", None),
    "forge_the_signature": (
        "UPDATE day_seal_links SET signature = zeroblob(64) WHERE logical_date = '{date}'",
        "seal",
        None,
    ),
}


@contextlib.contextmanager
def behind_its_back(folder):
    """The ledger as somebody with a database tool and no respect has it."""
    db = sqlite3.connect(folder / "ledger.sqlite")
    db.execute("PRAGMA foreign_keys = OFF")
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    yield db
    db.commit()
    db.close()


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_named(sealed, tmp_path, name):
    sql, subject, index = TAMPERINGS[name]
    date = sealed["dates"][1]
    rows = sealed["rows"][date]
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    with behind_its_back(folder) as db:
        db.executescript(
            sql.format(
                date=date, last=sealed["dates"][2], s5=rows[5]["sequence"], s6=rows[6]["sequence"], a5=rows[5]["attempt_id"]
            )
        )
    status, report = verify(folder)
    assert status == 1 and not report["ok"]
    found = report["first_wrong_row"]
    assert found["subject"] == subject, found
    assert found["date"] == date
    assert found["reason"]
    if index is not None:
        assert found["sequence"] == rows[index]["sequence"], found
        # Two rows have changed places: the one that stands there now is named.
        assert found["attempt_id"] == rows[index + (name == "reorder")]["attempt_id"], found
    if name == "move_to_another_day":
        # The day that lost it has no row that says so; the day that got it has.
        other = next(day for day in report["projects"][0]["days"] if day["date"] == sealed["dates"][2])
        assert other["first_wrong_row"]["attempt_id"] == rows[5]["attempt_id"]
    shown = daybook("verify", "--data", folder)
    assert shown.returncode == 1 and "first wrong row" in shown.stdout and date in shown.stdout


DELETIONS = {
    "the_last_day_but_for_its_seal": "DELETE FROM leads WHERE attempt_id IN (SELECT attempt_id FROM attempts WHERE"
    " logical_date = '{last}'); DELETE FROM attempts WHERE logical_date = '{last}';"
    "DELETE FROM closed_days WHERE logical_date = '{last}'",
    "every_row_and_closing": "DELETE FROM leads; DELETE FROM attempts; DELETE FROM closed_days",
    "every_row": "DELETE FROM leads; DELETE FROM attempts",
    "all_but_the_chain_of_seals": "DELETE FROM leads; DELETE FROM attempts; DELETE FROM closed_days; DELETE FROM day_seals;"
    "DELETE FROM day_snapshots",
}


@pytest.mark.parametrize("name", DELETIONS)
def test_deleted_days_are_missed(sealed, tmp_path, name):
    dates = sealed["dates"]
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    with behind_its_back(folder) as db:
        db.executescript(DELETIONS[name].format(last=dates[2]))
    status, report = verify(folder)
    wrong = [day["date"] for day in report["projects"][0]["days"] if not day["ok"]]
    assert status == 1 and not report["ok"] and dates[2] in wrong
    assert report["first_wrong_row"]["date"] == wrong[0]
    shown = daybook("verify", "--data", folder)
    assert shown.returncode == 1 and f"{dates[2]}  " in shown.stdout and "WRONG" in shown.stdout


def test_a_deleted_project_is_missed_and_its_days_are_verified_all_the_same(sealed, tmp_path):
    server = sealed["server"]
    folder = shutil.copytree(server.data, tmp_path / "copy")
    with behind_its_back(folder) as db:
        db.execute("DELETE FROM projects")
    status, report = verify(folder)
    assert status == 1 and report["rows"] == 36
    assert report["first_wrong_row"]["subject"] == "project" and server.project in report["first_wrong_row"]["reason"]
    assert all(day["ok"] for day in report["projects"][0]["days"]), report
    assert verify(folder, "--project", server.project)[0] == 1


def test_days_far_from_today_are_looked_at(sealed, tmp_path):
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    with behind_its_back(folder) as db:
        db.execute("INSERT INTO closed_days SELECT project_id, '2099-01-01', closed_at, created_at FROM closed_days LIMIT 1")
    status, report = verify(folder)
    assert status == 1 and report["first_wrong_row"]["date"] == "2099-01-01"


def test_a_date_without_anything_is_said_to_be_one(sealed, tmp_path):
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    for date in ("2099-01-01", "1990-01-01"):
        done = daybook("verify", "--data", folder, "--date", date)
        assert done.returncode == 2, done.stdout
        assert f"there is nothing of {date}" in done.stderr and sealed["dates"][0] in done.stderr
    assert verify(folder, "--date", sealed["dates"][0])[0] == 0


def test_a_day_before_the_first_is_not_sealed(sealed, tmp_path):
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    done = daybook("close-day", "--data", folder, "--date", "1990-01-01")
    assert done.returncode == 1 and sealed["dates"][0] in done.stderr, done.stdout + done.stderr
    with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM day_seals WHERE logical_date < '2000'").fetchone() == (0,)


def test_an_audit_entry_is_not_replaced(sealed, tmp_path):
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    with contextlib.closing(sqlite3.connect(folder / "ledger.sqlite")) as db:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute("INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log LIMIT 1")


def test_an_inserted_row_is_found_and_named(sealed, tmp_path):
    date = sealed["dates"][1]
    last = max(row["sequence"] for rows in sealed["rows"].values() for row in rows)
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    with behind_its_back(folder) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(attempts)")]
        row = db.execute("SELECT * FROM attempts WHERE sequence = ?", (sealed["rows"][date][3]["sequence"],)).fetchone()
        forged = dict(zip(columns, row))
        tip = db.execute("SELECT hash FROM attempts WHERE sequence = ?", (last,)).fetchone()[0]
        forged.update(attempt_id="att_forged", sequence=last + 1, previous_hash=tip)
        forged["hash"] = attempt_hash(forged)
        db.execute(
            f"INSERT INTO attempts ({','.join(columns)}) VALUES ({','.join('?' * len(columns))})",
            [forged[name] for name in columns],
        )
    status, report = verify(folder)
    assert status == 1
    found = report["first_wrong_row"]
    assert (found["attempt_id"], found["sequence"], found["date"]) == ("att_forged", last + 1, date), found


def test_a_truncated_day_is_found_and_named(sealed, tmp_path):
    date = sealed["dates"][2]
    kept = sealed["rows"][date][8]["sequence"]
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    with behind_its_back(folder) as db:
        db.executescript(
            "DELETE FROM leads WHERE attempt_id IN (SELECT attempt_id FROM attempts WHERE sequence > {0});"
            "DELETE FROM attempts WHERE sequence > {0}".format(kept)
        )
    status, report = verify(folder)
    assert status == 1
    found = report["first_wrong_row"]
    assert (found["sequence"], found["date"]) == (kept + 1, date) and "deleted" in found["reason"], found


def test_a_rewritten_history_contradicts_the_signature(sealed, tmp_path):
    """The last seal and its hash are written again: without a later seal, only the signature tells."""
    date = sealed["dates"][2]
    folder = shutil.copytree(sealed["server"].data, tmp_path / "copy")
    with behind_its_back(folder) as db:
        statement = next(s["statement"] for s in sealed["seals"]["seals"] if s["date"] == date)
        micro = int(re.search(r"sealed_at_us=(\d+)", statement)[1])
        forged = statement.replace(f"sealed_at_us={micro}", f"sealed_at_us={micro + 1}")
        db.execute("UPDATE day_seals SET sealed_at = ? WHERE logical_date = ?", (micro + 1, date))
        db.execute(
            "UPDATE day_seal_links SET seal_hash = ? WHERE logical_date = ?", (hashlib.sha256(forged.encode()).digest(), date)
        )
    status, report = verify(folder)
    assert status == 1
    assert report["first_wrong_row"]["subject"] == "seal" and "signature" in report["first_wrong_row"]["reason"]


# ---- A close that is cut short


def close_quietly(server, date: str):
    with contextlib.suppress(httpx.HTTPError), server.client(timeout=10) as client:
        client.post(f"/v1/projects/{server.project}/days/{date}/close")


def test_a_crash_in_the_middle_of_closing_loses_and_repeats_nothing(fresh):
    server = fresh()
    server.start()
    with server.client() as client:
        dates = write_days(server, client, per_day=20)
    for round in range(6):
        # Not waited for: the process dies at another point of the closing each time.
        sender = threading.Thread(target=close_quietly, args=(server, dates[-1]), daemon=True)
        sender.start()
        sender.join(0.004 * round)
        server.kill9()
        sender.join(30)
        server.start()
    with server.client() as client:
        closed = close(server, client, dates[-1])
        assert closed["state"] == "closed"
        seals = client.get(f"/v1/projects/{server.project}/seals").json()
        assert seals["chain"]["consistent"]
        ours = [seal for seal in seals["seals"] if seal["date"] in dates]
        assert [seal["row_count"] for seal in ours] == [20, 20, 20]
        assert len({seal["position"] for seal in seals["seals"]}) == len(seals["seals"])
        for date in dates:
            assert len(attempts(server, client, date)) == 20
    assert server.stop() == 0
    status, report = verify(server.data)
    assert status == 0, report


# ---- Ed25519 (RFC 8032, section 5.1), written for this test: slow, and only for verifying

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    i, j, k, l = f - e, h - g, h + g, f + e
    return i * j % P, k * l % P, j * k % P, i * l % P


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def decode(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    r, s, a = decode(signature[:32]), int.from_bytes(signature[32:], "little"), decode(public)
    if r is None or a is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(k, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---- The canonical encoding of docs/seals.md


def attempt_hash(row: dict) -> bytes:
    def text(value):
        return b"\xff\xff\xff\xff" if value is None else len(value.encode()).to_bytes(4, "big") + value.encode()

    def number(value):
        return value.to_bytes(8, "big", signed=True)

    days = (datetime.date.fromisoformat(row["logical_date"]) - datetime.date(1970, 1, 1)).days
    encoding = b"\x01" + text(row["attempt_id"]) + text(row["project_id"]) + number(row["sequence"])
    encoding += text(row["user_id"]) + text(row["source"]) + text(row["channel"]) + number(row["received_at"])
    encoding += number(days) + text(row["outcome"])
    for name in ("failure_category", "failure_code", "failure_message", "context"):
        encoding += text(row[name])
    encoding += number(row["retry_attempt"]) + struct.pack(">d", row["duration_ms"])
    encoding += text(row["idempotency_key"]) + text(row["lead_id"])
    return hashlib.sha256(row["previous_hash"] + encoding).digest()
