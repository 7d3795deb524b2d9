"""The published fixtures are what the schema and the server say they are."""

from __future__ import annotations

import json
import uuid

import jsonschema
import pytest

from conftest import ROOT, ndjson, now_text

CONTRACTS = ROOT / "contracts"


def load(name: str):
    return json.loads((CONTRACTS / "fixtures" / name).read_text())


def current(event: dict) -> dict:
    """The event with a name of its own and, where its time is an ordinary one, the time of now: servers refuse old news."""
    made = dict(event)
    if str(made.get("time", "")).startswith("2026-03-02T") and made["time"].endswith(("Z", "-05:00")):
        made["time"] = now_text()
    return made


SCHEMA = jsonschema.Draft202012Validator(json.loads((CONTRACTS / "event.schema.json").read_text()))
GOOD_EVENTS = load("events-good.json")["events"]
BAD_EVENTS = load("events-bad.json")["events"]
GOOD_SUBMISSIONS = load("submissions-good.json")["submissions"]
BAD_SUBMISSIONS = load("submissions-bad.json")["submissions"]
CODES = {error["code"]: error for error in json.loads((CONTRACTS / "errors.json").read_text())["errors"]}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA.schema)


@pytest.mark.parametrize("event", GOOD_EVENTS, ids=lambda e: e["event_id"])
def test_the_schema_accepts_good_events(event):
    SCHEMA.validate(event)


@pytest.mark.parametrize("case", [c for c in BAD_EVENTS if c["schema_refuses"]], ids=lambda c: c["name"])
def test_the_schema_refuses_bad_events(case):
    assert not SCHEMA.is_valid(case["event"])


def test_the_server_accepts_good_events(server, client):
    events = [{**current(event), "event_id": f"{event['event_id']}-{uuid.uuid4().hex[:8]}"} for event in GOOD_EVENTS]
    said = server.post_events(client, ndjson(events)).json()
    assert said["accepted"] == len(GOOD_EVENTS) and said["rejected"] == []
    server.settled_books(client)
    for event in events:
        kept = client.get(f"/v1/events/{event['event_id']}", params={"project_id": server.project})
        assert kept.status_code == 200, kept.text
        assert kept.json()["event"]["type"] == event["type"]


def test_the_server_refuses_each_bad_event_for_its_reason(server, client):
    answer = server.post_events(client, ndjson([current(case["event"]) for case in BAD_EVENTS]))
    assert answer.status_code == 422, answer.text
    rejected = {item["index"]: item for item in answer.json()["rejected"]}
    wrong = [
        (case["name"], case["code"], case["pointer"], rejected.get(index))
        for index, case in enumerate(BAD_EVENTS)
        if (rejected.get(index) or {}).get("code") != case["code"] or rejected[index].get("pointer") != case["pointer"]
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("lead", GOOD_SUBMISSIONS, ids=lambda s: s["source"])
def test_the_server_makes_a_lead_of_a_good_submission(server, client, lead):
    answer = server.post_lead(client, lead)
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) >= {"lead_id", "attempt_id", "user_id", "received_at", "sequence"}


@pytest.mark.parametrize("case", BAD_SUBMISSIONS, ids=lambda c: c["name"])
def test_the_server_refuses_each_bad_submission_for_its_reason(server, client, case):
    answer = server.post_lead(client, case["submission"])
    assert answer.status_code == case["status"], answer.text
    problem = answer.json()
    assert problem["code"] == case["code"], problem
    assert CODES[problem["code"]]["status"] == case["status"]
    assert problem["attempt_id"]
    if case["pointer"]:
        assert case["pointer"] in [error["pointer"] for error in problem["errors"]]
