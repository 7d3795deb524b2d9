"""The command line is scripted by people: statuses, output and messages are a contract."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess

import pytest

from conftest import BINARY, ENVIRONMENT, daybook, event, ndjson, submission


# ---- Exit statuses
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["serve", "--help"], ["simulate", "--list-misconfigurations"], ["config", "docs"]])
def test_what_only_prints_ends_with_0(arguments):
    done = daybook(*arguments)
    assert done.returncode == 0 and done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-flag"],
        ["no-such-command"],
        ["serve", "--listen", "nowhere"],
        ["simulate", "--api-key", "x", "--rate", "-3"],
        ["simulate", "--api-key", "x", "--misconfiguration", "nonsense"],
        ["simulate", "--api-key", "x", "--duration", "soon"],
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_wrong(arguments, tmp_path):
    done = daybook(*arguments, environment={"DAYBOOK_DATA": str(tmp_path / "d")})
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr.strip() and not done.stdout.strip()


def test_a_server_that_is_not_there_ends_with_1():
    done = daybook("simulate", "--url", "http://127.0.0.1:9", "--api-key", "dbk_x_y", "--duration", "1s")
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr and "daybook serve" in done.stderr


# ---- init
def test_init_tells_its_secrets_once(tmp_path):
    first = daybook("init", "--data", tmp_path / "d", "--json")
    assert first.returncode == 0, first.stderr
    made = json.loads(first.stdout)
    assert set(made) >= {"organisation_id", "project_id", "api_key", "admin_email", "admin_password"}
    second = daybook("init", "--data", tmp_path / "d", "--json")
    assert second.returncode == 0, second.stderr
    again = json.loads(second.stdout)
    assert again["project_id"] == made["project_id"] and again["organisation_id"] == made["organisation_id"]
    assert "api_key" not in again and "admin_password" not in again
    for file in (tmp_path / "d").rglob("*"):
        if file.is_file():
            assert made["admin_password"].encode() not in file.read_bytes(), f"{file} holds the password"
            assert made["api_key"].encode() not in file.read_bytes(), f"{file} holds the key"


def test_the_first_sign_in_works(fresh):
    server = fresh().start()
    with server.client(key=None) as client:
        answer = client.post(
            "/v1/session", json={"email": server.secrets["admin_email"], "password": server.secrets["admin_password"]}
        )
        assert answer.status_code == 201, answer.text
        assert [p["project_id"] for p in answer.json()["projects"]] == [server.project]
        wrong = client.post("/v1/session", json={"email": server.secrets["admin_email"], "password": "wrong"})
        assert wrong.status_code == 401 and wrong.json()["code"] == "sign_in_failed"


# ---- serve
def test_serve_stops_in_order_and_keeps_everything(fresh):
    server = fresh().start()
    with server.client() as client:
        assert server.post_events(client, ndjson([event() for _ in range(100)])).status_code == 202
        assert server.post_lead(client, submission()).status_code == 201
    assert server.stop() == 0
    server.start()
    with server.client() as client:
        books = server.settled_books(client)
        assert books["received"] == books["stored"] == 101 and books["balanced"]


def test_a_second_process_on_the_same_folder_is_refused(fresh):
    server = fresh().start()
    second = daybook("serve", "--data", server.data, "--listen", "127.0.0.1:0", seconds=60)
    assert second.returncode == 1
    assert str(server.data) in second.stderr
    with server.client() as client:
        assert client.get("/health/ready").status_code == 200, "the first goes on undisturbed"


def test_a_taken_port_is_named(fresh):
    server = fresh().start()
    other = fresh()
    other.init()
    address = server.url.removeprefix("http://")
    done = daybook("serve", "--data", other.data, "--listen", address, seconds=60)
    assert done.returncode == 1 and address.split(":")[1] in done.stderr


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root ignores permissions, and there is no setpriv")
def test_a_read_only_folder_is_refused_with_the_way_out(tmp_path):
    folder = tmp_path / "readonly"
    folder.mkdir()
    assert daybook("init", "--data", folder).returncode == 0
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = [BINARY, "serve", "--data", folder, "--listen", "127.0.0.1:0"]
    if os.geteuid() == 0:
        # Root may write anywhere; this drops the capability that lets it.
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search", *command]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=ENVIRONMENT
        )
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 1
    assert str(folder) in done.stderr and ("write" in done.stderr or "writable" in done.stderr)


def test_a_newer_schema_is_left_alone(fresh):
    server = fresh()
    server.init()
    files = [f for f in server.data.rglob("*") if f.is_file() and f.read_bytes()[:15] == b"SQLite format 3"]
    assert files, "no ledger to make newer"
    with sqlite3.connect(files[0]) as ledger:
        ledger.execute("INSERT INTO grdb_migrations (identifier) VALUES ('999_from_the_future')")
    ledger.close()

    def contents():
        # Every row of every table; a full-text index has no rows of its own to list.
        with contextlib.closing(sqlite3.connect(files[0])) as ledger:
            tables = ledger.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
            ).fetchall()
            return {name: ledger.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in tables}

    before = contents()
    done = daybook("serve", "--data", server.data, "--listen", "127.0.0.1:0", seconds=60)
    assert done.returncode == 1
    assert "newer" in done.stderr
    assert contents() == before


@pytest.mark.parametrize("left", ["missing", "empty"])
def test_a_lost_ledger_is_not_begun_anew(fresh, left):
    server = fresh().start()
    with server.client() as client:
        assert server.post_lead(client, submission()).status_code == 201
        server.settled_books(client)
    assert server.stop() == 0
    for file in server.data.glob("ledger.sqlite*"):
        file.unlink()
    if left == "empty":
        (server.data / "ledger.sqlite").touch()
    for command in (["serve", "--listen", "127.0.0.1:0"], ["verify"], ["init"], ["close-day", "--date", "2026-03-10"]):
        done = daybook(command[0], "--data", server.data, *command[1:], seconds=60)
        assert done.returncode == 1, (command, done.stdout)
        assert f"ledger.sqlite is {left}" in done.stderr and "backup" in done.stderr, done.stderr
    assert not any(file.stat().st_size for file in server.data.glob("ledger.sqlite*"))
    # The stream alone says the same.
    (server.data / "events.duckdb").unlink()
    done = daybook("serve", "--data", server.data, "--listen", "127.0.0.1:0", seconds=60)
    assert done.returncode == 1 and f"ledger.sqlite is {left}" in done.stderr, done.stderr


def test_a_first_start_that_was_cut_short_is_taken_up(fresh):
    server = fresh()
    (server.data / "secrets").mkdir(parents=True)
    (server.data / "secrets/webhooks").write_bytes(bytes(32))
    (server.data / "daybook.lock").touch()
    (server.data / "stream").mkdir()
    (server.data / "ledger.sqlite").touch()
    server.start()
    assert server.stop() == 0


def test_a_damaged_segment_is_told_and_nothing_else_is_lost(fresh):
    server = fresh().start()
    with server.client() as client:
        assert server.post_events(client, ndjson([event() for _ in range(50)])).status_code == 202
        server.settled_books(client)
    server.kill9()
    segments = sorted(f for f in (server.data / "stream").rglob("*") if f.is_file() and f.stat().st_size > 0)
    assert segments, "no segment to damage"
    with segments[-1].open("ab") as file:
        file.write(b"\x00torn by a crash\xff" * 7)
    server.start()
    with server.client() as client:
        books = server.settled_books(client)
        assert books["stored"] == 50 and books["balanced"]
    assert "torn" in server.log_tail(200).lower() or "trunc" in server.log_tail(200).lower()


# ---- config
def test_config_show_says_where_each_value_comes_from(tmp_path):
    done = daybook("config", "show", "--json", "--data", tmp_path / "d", environment={"DAYBOOK_LOG_LEVEL": "warning"})
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["data"]["value"] == str(tmp_path / "d")
    assert shown["log.level"]["value"] == "warning" and "DAYBOOK_LOG_LEVEL" in shown["log.level"]["from"]


def test_config_check_names_every_wrong_setting(tmp_path):
    file = tmp_path / "daybook.json"
    file.write_text(json.dumps({"log": {"level": "loud"}, "colour": "blue"}))
    done = daybook("config", "check", "--config", file)
    assert done.returncode != 0
    assert "log.level" in done.stderr and "colour" in done.stderr


def test_config_docs_names_every_setting():
    documented = daybook("config", "docs").stdout
    for key in json.loads(daybook("config", "show", "--json").stdout):
        assert f"`{key}`" in documented


def test_the_error_catalogue_is_the_published_one():
    from conftest import ROOT

    assert json.loads(daybook("config", "errors").stdout) == json.loads((ROOT / "contracts/errors.json").read_text())


# ---- verify, close-day
def test_verify_tells_a_day_that_was_changed(fresh):
    server = fresh().start()
    with server.client() as client:
        for _ in range(5):
            assert server.post_lead(client, submission()).status_code == 201
    server.stop()
    assert daybook("verify", "--data", server.data, "--json").returncode == 0
    ledger = next(f for f in server.data.rglob("*") if f.is_file() and f.read_bytes()[:15] == b"SQLite format 3")
    connection = sqlite3.connect(ledger)
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute("UPDATE attempts SET source = 'forged' WHERE sequence = 3")
    triggers = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'attempts'")]
    for trigger in triggers:
        connection.execute(f'DROP TRIGGER "{trigger}"')
    connection.execute("UPDATE attempts SET source = 'forged' WHERE sequence = 3")
    connection.commit()
    connection.close()
    done = daybook("verify", "--data", server.data, "--json")
    assert done.returncode == 1, done.stdout


# ---- simulate
def test_simulate_drives_the_server_and_counts_honestly(fresh):
    server = fresh().start()
    done = daybook(
        "simulate", "--url", server.url, "--api-key", server.key, "--rate", 100, "--duration", "25s", "--seed", 7, "--projects", 1, "--quiet"
    )
    assert done.returncode == 0, done.stderr
    assert "submissions:" in done.stdout and "events:" in done.stdout
    with server.client() as client:
        books = server.settled_books(client)
        assert books["balanced"] and books["stored"] > 300
        sources = {a["source"] for a in server.pages(client, "/v1/attempts", "attempts", window="24h")}
        assert "web_form" in sources


def test_a_backfill_fills_days_and_is_complete(fresh):
    server = fresh().start()
    done = daybook(
        "simulate", "--url", server.url, "--api-key", server.key, "--backfill", "3d", "--scale", 0.2, "--projects", 1, "--quiet"
    )
    assert done.returncode == 0, done.stderr
    assert "not acknowledged" not in done.stdout, done.stdout
    with server.client() as client:
        days = client.get(f"/v1/projects/{server.project}/days").json()["days"]
        past = [day for day in days if day["state"] == "closed"]
        assert len(past) == 3 and all(day["sealed"] and day["attempts"] > 10 and day["balanced"] for day in past), days
        for day in past:
            books = server.books(client, day["date"])
            assert books["balanced"] and books["stored"] > day["attempts"], books


@pytest.mark.parametrize(
    "text, keys",
    [
        ('{"data": null, "log": {"level": "loud", "level": "debug"}, "colour": "blue"}', ["data: null", "log.level: it stands twice", "colour"]),
        ("null", ["not a JSON object"]),
        ("[1]", ["not a JSON object"]),
    ],
)
def test_config_check_names_every_fault_of_a_file(tmp_path, text, keys):
    file = tmp_path / "daybook.json"
    file.write_text(text)
    done = daybook("config", "check", "--config", file)
    assert done.returncode == 2
    assert all(key in done.stderr for key in keys), done.stderr


def test_a_project_that_is_not_there_is_wrong_use(tmp_path):
    folder = tmp_path / "d"
    assert daybook("init", "--data", folder, "--json").returncode == 0
    for arguments in (["verify", "--project", "prj_nope"], ["verify", "--rate-limits", "--project", "prj_nope"], ["close-day", "--project", "prj_nope", "--date", "2026-01-01"]):
        done = daybook(*arguments, "--data", folder)
        assert done.returncode == 2 and "prj_nope" in done.stderr, done.stderr


def test_a_backfill_that_is_refused_leaves_no_project(fresh):
    server = fresh("--environment", "prod").start()
    done = daybook("simulate", "--url", server.url, "--api-key", server.key, "--backfill", "1d", "--projects", 3, "--quiet")
    assert done.returncode == 1 and "environment dev" in done.stderr
    ledger = next(f for f in server.data.rglob("*") if f.is_file() and f.read_bytes()[:15] == b"SQLite format 3")
    with contextlib.closing(sqlite3.connect(ledger)) as rows:
        assert rows.execute("SELECT count(*) FROM projects").fetchone() == (1,)


def test_a_zone_keeps_the_name_that_it_was_given(server, client):
    made = client.post("/v1/projects", json={"name": "Zone", "time_zone": "UTC"})
    assert made.status_code == 201 and made.json()["time_zone"] == "UTC"
    with server.client(key=made.json()["api_key"]) as own:
        assert [p["time_zone"] for p in own.get("/v1/projects").json()["projects"]] == ["UTC"]


def test_the_system_tells_nothing_of_other_projects(server, client):
    ledger = client.get("/v1/system", params={"project_id": server.project}).json()["ledger"]
    assert ledger["ok"] and not any(letter.isdigit() for letter in ledger["detail"] or "")


def test_metrics_hold_nothing_that_a_project_wrote(server, client):
    calls = [
        event(type="llm.call", model={"name": f"secret-model-{n}"}, usage={"input_tokens": 5, "output_tokens": 5})
        for n in range(20)
    ]
    assert server.post_events(client, ndjson(calls)).status_code == 202
    server.settled_books(client)
    metrics = client.get("/metrics").text
    assert "secret-model" not in metrics
    assert any(line.startswith("daybook_unpriced_model_calls_total ") for line in metrics.splitlines()), metrics
