"""What cannot be processed is kept whole, counted, and goes in once its reason is gone."""

from __future__ import annotations

import base64
import contextlib
import json
import sqlite3

from conftest import assert_problem, event, ndjson, wait_for

BATCHES, BATCH = 6, 800


def change(server, sql: str, *values):
    with contextlib.closing(sqlite3.connect(server.data / "ledger.sqlite")) as ledger, ledger:
        ledger.execute(sql, values)


def idle(client, project):
    """Whether everything that was taken in has been processed."""
    return client.get("/v1/system", params={"project_id": project}).json()["stream"]["lag_frames"] == 0


def test_events_of_a_project_that_is_gone_wait_until_it_is_back(fresh):
    server = fresh()
    server.start()
    with server.client() as client:
        made = client.post("/v1/projects", json={"name": "Gone", "time_zone": "UTC"}).json()
    project, key = made["project_id"], made["api_key"]
    path = f"/v1/projects/{project}"
    sent = []
    with server.client(key=key) as own:
        for _ in range(BATCHES):
            batch = [event() for _ in range(BATCH)]
            sent += [e["event_id"] for e in batch]
            answer = own.post(f"{path}/events", content=ndjson(batch), headers={"content-type": "application/x-ndjson"})
            assert answer.status_code == 202
    # Killed before the processor is through with them; the ledger comes back from a backup that does not know the project.
    server.kill9()
    change(server, "UPDATE projects SET project_id = 'prj_elsewhere' WHERE project_id = ?", project)
    server.start()
    with server.client() as client:
        wait_for("the stream is processed", lambda: idle(client, server.project))
    server.stop()

    change(server, "UPDATE projects SET project_id = ? WHERE project_id = 'prj_elsewhere'", project)
    server.start()
    with server.client(key=key) as own:
        server.secrets["project_id"] = project

        def held():
            items, cursor = [], None
            while True:
                page = own.get(f"{path}/quarantine", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}).json()
                items += page["items"]
                cursor = page["page"]["next_cursor"]
                if not page["page"]["has_more"]:
                    return items

        before, items = server.books(own), held()
        assert items, "the processor was through before the kill"
        assert {item["code"] for item in items} == {"project_unknown"}
        assert before["received"] == len(sent) and before["balanced"]
        assert before["quarantined"] == {"project_unknown": len(items)}
        assert {json.loads(base64.b64decode(item["bytes_base64"]))["event_id"] for item in items} <= set(sent)

        assert_problem(own.post(f"{path}/quarantine/replay", json={"ids": ["nobody's"]}), 422, "field_pattern")
        ids = [item["id"] for item in items]
        for start in range(0, len(ids), 1000):
            told = own.post(f"{path}/quarantine/replay", json={"ids": ids[start : start + 1000]})
            assert told.status_code == 200, told.text
            assert told.json()["replayed"] == len(ids[start : start + 1000]) and told.json()["failed"] == []
        after = server.settled_books(own)
        # What the books said stays; the replayed items are received again.
        assert after["received"] == len(sent) + len(ids)
        assert (after["stored"], after["quarantined_total"]) == (len(sent), len(ids))
        assert after["balanced"] and held() == []
        assert sorted(row["event_id"] for row in server.pages(own, "/v1/events", "events")) == sorted(sent)

        # Again: they are gone, and nothing is added.
        again = own.post(f"{path}/quarantine/replay", json={"ids": ids[:3]})
        assert again.status_code in (200, 404), again.text
        assert server.settled_books(own)["stored"] == len(sent)
