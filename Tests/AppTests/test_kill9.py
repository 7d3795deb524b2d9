"""Whatever is acknowledged survives `kill -9`, exactly once, without anybody's help."""

from __future__ import annotations

import json
import os
import random
import threading
import uuid

import httpx

from conftest import daybook, event, ndjson, submission

KILLS = int(os.environ.get("APP_TESTS_KILLS", "25"))
WRITERS = 3


class Writer(threading.Thread):
    """Sends batches and submissions until told to stop. What got no answer is sent again, as it was, after the restart."""

    def __init__(self, server, number: int, seed: int):
        super().__init__(daemon=True)
        self.server = server
        self.number = number
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.unanswered: list[tuple[str, bytes, list[str]]] = []
        self.events: dict[str, int] = {}
        self.leads: dict[str, str] = {}
        self.surprises: list[str] = []

    def next_request(self):
        if self.unanswered:
            return self.unanswered.pop(0)
        if self.random.random() < 0.4:
            key = f"k9-{uuid.uuid4().hex}"
            return ("lead", json.dumps(submission()).encode(), [key])
        batch = [event(source="web_form") for _ in range(self.random.randint(1, 60))]
        return ("events", ndjson(batch), [e["event_id"] for e in batch])

    def run(self):
        with self.server.client(timeout=20) as client:
            while not self.stopping.is_set():
                request = self.next_request()
                kind, body, names = request
                try:
                    if kind == "lead":
                        answer = self.server.post_lead(client, body, key=names[0])
                    else:
                        answer = self.server.post_events(client, body)
                except httpx.HTTPError:
                    self.unanswered.append(request)
                    return
                self.note(request, answer)

    def note(self, request, answer: httpx.Response):
        kind, _, names = request
        if kind == "lead" and answer.status_code == 201:
            self.leads[names[0]] = answer.json()["lead_id"]
        elif kind == "events" and answer.status_code == 202:
            said = answer.json()
            if said["accepted"] + said["duplicates"] != len(names) or said["rejected"]:
                self.surprises.append(answer.text[:300])
            for name in names:
                self.events[name] = self.events.get(name, 0) + 1
        elif answer.status_code in (429, 503, 409):
            self.unanswered.append(request)
        else:
            self.surprises.append(f"{answer.status_code} {answer.text[:300]}")


def test_every_acknowledged_item_is_stored_exactly_once_after_kill9(fresh):
    seed = int(os.environ.get("APP_TESTS_SEED", "20260302"))
    chance = random.Random(seed)
    server = fresh().start()
    acknowledged: set[str] = set()
    leads: dict[str, str] = {}
    left: list = []
    for kill in range(KILLS):
        writers = [Writer(server, n, seed + 1000 * kill + n) for n in range(WRITERS)]
        for n, request in enumerate(left):
            writers[n % WRITERS].unanswered.append(request)
        for writer in writers:
            writer.start()
        # A random moment under load: this is the experiment, not a wait for something.
        threading.Event().wait(chance.uniform(0.05, 0.9))
        server.kill9()
        left = []
        for writer in writers:
            writer.stopping.set()
            writer.join(30)
            assert not writer.is_alive(), "a client hangs after the server was killed"
            assert not writer.surprises, f"seed {seed}, kill {kill}: {writer.surprises[:3]}"
            acknowledged.update(writer.events)
            for key, lead in writer.leads.items():
                assert leads.setdefault(key, lead) == lead, "one Idempotency-Key, two leads"
            left += writer.unanswered
        server.start()
    assert len(acknowledged) > KILLS * 20, "the load was no load"
    assert len(leads) > KILLS, "the load was no load"

    with server.client() as client:
        # What never got an answer is sent once more: stored if it was lost, a duplicate if it was not.
        for kind, body, names in left:
            answer = server.post_lead(client, body, key=names[0]) if kind == "lead" else server.post_events(client, body)
            assert answer.status_code in (201, 202), answer.text
            if kind == "lead":
                leads[names[0]] = answer.json()["lead_id"]
            else:
                acknowledged.update(names)
        books = server.settled_books(client)
        assert books["balanced"], books
        stored = [row["event_id"] for row in server.pages(client, "/v1/events", "events", type="log", window="24h")]
        assert len(stored) == len(set(stored)), "an event is stored twice"
        assert acknowledged <= set(stored), f"{len(acknowledged - set(stored))} acknowledged events are lost"
        assert set(stored) <= acknowledged, "something is stored that nobody was told of, though everything was sent again"

        attempts = list(server.pages(client, "/v1/attempts", "attempts", window="24h"))
        made = [a["lead_id"] for a in attempts if a["outcome"] == "success"]
        assert len(made) == len(set(made))
        assert set(leads.values()) == set(made), "leads acknowledged and leads stored differ"
        assert sorted(a["sequence"] for a in attempts) == list(range(1, len(attempts) + 1)), "the chain has a hole"
        submissions = [row["event_id"] for row in server.pages(client, "/v1/events", "events", type="lead.submission", window="24h")]
        assert len(submissions) == len(set(submissions)) == len(attempts), "attempts reach the event store exactly once"
        total = books["received"]
        accounted = books["stored"] + books["duplicate"] + books["sampled"] + sum(books["rejected"].values()) + sum(
            books["quarantined"].values()
        )
        assert total == accounted, books
        assert books["stored"] == len(stored) + len(submissions), books

    assert server.stop() == 0
    done = daybook("verify", "--data", server.data, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
