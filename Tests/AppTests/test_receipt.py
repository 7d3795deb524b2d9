"""A day is what was received on it: late events, closed days, repeats of our own, and stops leave every closed day as it was."""

from __future__ import annotations

import datetime
import json
import threading
import time
import zoneinfo

import httpx
import pytest

from conftest import assert_problem, daybook, event, ndjson, submission, wait_for


FAILED = {"outcome": "failure", "error": {"category": "timeout", "code": "slow"}}


def here(client) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(client.get("/v1/projects").json()["projects"][0]["time_zone"])


def at(date: datetime.date, hour: int, zone: zoneinfo.ZoneInfo) -> str:
    local = datetime.datetime.combine(date, datetime.time(hour), zone)
    return local.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")


def day(server, client, date) -> dict:
    answer = client.get(f"/v1/projects/{server.project}/days/{date}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def verified(server, client, date) -> dict:
    asked = client.post(f"/v1/projects/{server.project}/days/{date}/verify")
    assert asked.status_code == 202, asked.text

    def done():
        job = client.get(f"/v1/jobs/{asked.json()['job_id']}", params={"project_id": server.project}).json()["job"]
        return job if job["status"] in ("succeeded", "failed", "cancelled") else None

    return wait_for("the verification finishes", done)["result"]


def test_a_late_event_counts_on_the_day_of_its_receipt(fresh):
    server = fresh().start()
    with server.client() as client:
        zone = here(client)
        # Far enough from midnight: the dates below are those of the whole test.
        today = datetime.datetime.now(zone).date()
        yesterday = today - datetime.timedelta(days=1)
        calls = [event(type="llm.call", **FAILED, time=at(yesterday, 12, zone)) for _ in range(7)]
        received = server.post_events(client, ndjson(calls), daybook_received_at=at(yesterday, 12, zone))
        assert received.status_code == 202, received.text
        lead = client.post(
            f"/v1/projects/{server.project}/leads",
            content=json.dumps(submission()),
            headers={"content-type": "application/json", "daybook-received-at": at(yesterday, 13, zone)},
        )
        assert lead.status_code == 201, lead.text
        assert client.post(f"/v1/projects/{server.project}/days/{yesterday}/close").status_code == 200
        sealed = day(server, client, yesterday)
        events = sealed["snapshot"]["events"]
        assert (events["events"], events["late"], events["failures"], events["pending"]) == (8, 0, 7, 0)
        assert sealed["snapshot"]["format"] == 3 and sealed["late"]["events"] == 0

        # A phone sends its buffer: one batch over midnight.
        buffer = [event(time=at(yesterday, 23, zone), **FAILED) for _ in range(3)] + [event() for _ in range(2)]
        assert server.post_events(client, ndjson(buffer)).status_code == 202
        # What is assumed to be received on the closed day is refused whole, by both ways in.
        refused = server.post_events(client, ndjson([event()]), daybook_received_at=at(yesterday, 14, zone))
        assert str(yesterday) in assert_problem(refused, 409, "day_closed")["detail"]
        server.settled_books(client)

        assert day(server, client, yesterday)["snapshot_sha256"] == sealed["snapshot_sha256"]
        assert server.books(client, str(yesterday))["received"] == 8
        assert server.books(client)["received"] == 5
        now = day(server, client, today)
        events = now["snapshot"]["events"]
        assert (events["events"], events["late"], events["failures"]) == (5, 3, 3)
        assert now["late"] == {"count": 0, "events": 3, "attempts": []}
        result = verified(server, client, yesterday)
        assert result["passed"] and result["skipped"] == [], result
    assert server.stop() == 0
    done = daybook("verify", "--data", server.data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{yesterday}  closed  1 attempts  8 events  ok" in done.stdout, done.stdout
    assert f"{today}  open  0 attempts  5 events  ok" in done.stdout, done.stdout
    assert ", 13 events. Everything agrees." in done.stdout, done.stdout


def test_a_date_of_events_alone_is_verified(fresh):
    server = fresh().start()
    with server.client() as client:
        assert server.post_events(client, ndjson([event() for _ in range(11)])).status_code == 202
        server.settled_books(client)
    beside = daybook("verify", "--data", server.data)
    assert beside.returncode == 0 and "events not verified: the running server" in beside.stdout, beside.stdout
    assert server.stop() == 0
    done = daybook("verify", "--data", server.data, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    [found] = json.loads(done.stdout)["projects"][0]["days"]
    assert (found["attempts"], found["events"]) == (0, 11)
    assert {"books.received", "books.stored", "events.count"} <= {one["name"] for one in found["comparisons"]}
    assert "0 attempts  11 events  ok" in daybook("verify", "--data", server.data).stdout


def test_what_the_server_sends_itself_again_is_in_no_book(fresh):
    server = fresh().start()
    for _ in range(3):
        stopping = threading.Event()

        def submit():
            with server.client(timeout=20) as client:
                while not stopping.is_set():
                    try:
                        server.post_lead(client, submission())
                    except httpx.HTTPError:
                        return

        writers = [threading.Thread(target=submit, daemon=True) for _ in range(4)]
        for writer in writers:
            writer.start()
        # Some load, then the end of the process: the experiment, not a wait for something.
        time.sleep(1)
        server.kill9()
        stopping.set()
        for writer in writers:
            writer.join(30)
        server.start()
    with server.client() as client:
        attempts = client.get("/v1/attempts", params={"project_id": server.project, "limit": 1}).json()["total"]
        books = server.settled_books(client)
        assert attempts > 15
        wait_for("every attempt is in the books", lambda: server.books(client)["stored"] == attempts)
        books = server.settled_books(client)
        assert (books["received"], books["stored"], books["duplicate"]) == (attempts, attempts, 0), books
        assert books["balanced"]


def test_a_stop_during_work_on_days_is_quiet(fresh):
    server = fresh().start()
    with server.client() as client:
        long_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=390)
        lead = client.post(
            f"/v1/projects/{server.project}/leads",
            content=json.dumps(submission()),
            headers={
                "content-type": "application/json",
                "daybook-received-at": long_ago.isoformat(timespec="seconds").replace("+00:00", "Z"),
            },
        )
        assert lead.status_code == 201, lead.text
    for pause in (0, 0.1, 0.3):
        assert server.stop() == 0
        server.start()
        time.sleep(pause)
    assert server.stop() == 0
    said = [json.loads(line) for line in server.log_tail(10_000).splitlines() if line.startswith("{")]
    warned = [line["message"] for line in said if line["level"] in ("warning", "error")]
    assert len(warned) == 0, warned[:3]


@pytest.fixture(autouse=True)
def not_at_midnight():
    """The tests name dates: on the last minutes of a day they wait for the next."""
    while True:
        now = datetime.datetime.now(zoneinfo.ZoneInfo("UTC"))
        if not (now.minute == 59 and now.second > 20):
            return
        time.sleep(1)
