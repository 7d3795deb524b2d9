"""A lead's timeline: its person's attempts, each once, and the model and tool calls of its session."""

from __future__ import annotations

import uuid

from conftest import event, ndjson, now_text, submission


def test_a_timeline_has_the_calls_of_its_session_and_each_attempt_once(server, client):
    session, other = f"sess-{uuid.uuid4().hex}", f"sess-{uuid.uuid4().hex}"
    person = {"email": f"{uuid.uuid4().hex}@example.com"}
    failed = server.post_lead(client, submission(user=person, session_id=other, fields={"state": "Atlantis"}))
    assert failed.status_code == 422
    made = server.post_lead(client, submission(user=person, session_id=session)).json()
    stranger = server.post_lead(client, submission(session_id=session)).json()
    call = dict(type="llm.call", outcome="success", duration_ms=480, model={"provider": "openai", "name": "gpt-4o"})
    calls = [
        event(event_id="call-1", session_id=session, time=now_text(-60), **call),
        event(event_id="tool-1", session_id=session, type="tool.call", tool={"name": "credit_check"}, outcome="success"),
        event(event_id="call-2", session_id=other, time=now_text(-90), **call),
        event(event_id="named", lead_id=made["lead_id"], time=now_text(-30), **call),
        # Of nobody, of another lead in the same session, and of a day long ago.
        event(event_id="stray", session_id=f"sess-{uuid.uuid4().hex}", **call),
        event(event_id="theirs", session_id=session, lead_id=stranger["lead_id"], **call),
        event(event_id="long-ago", session_id=session, time=now_text(-3 * 86_400), **call),
    ]
    assert server.post_events(client, ndjson(calls)).json()["accepted"] == len(calls)
    server.settled_books(client)
    answer = client.get(f"/v1/leads/{made['lead_id']}/timeline", params={"project_id": server.project})
    timeline = answer.json()
    assert answer.status_code == 200 and not timeline["partial"] and timeline["missing"] == []
    attempts = [item["attempt"] for item in timeline["items"] if item["kind"] == "attempt"]
    assert [attempt["attempt_id"] for attempt in attempts] == [failed.json()["attempt_id"], made["attempt_id"]]
    events = [item["event"] for item in timeline["items"] if item["kind"] == "event"]
    assert [item["event_id"] for item in events] == ["call-2", "call-1", "named", "tool-1"]
    assert events[1]["type"] == "llm.call" and events[1]["model"] and events[1]["duration_ms"] == 480
    times = [item["at"] for item in timeline["items"]]
    assert times == sorted(times)


def test_a_lead_without_a_session_has_its_own_events_alone(server, client):
    made = server.post_lead(client, submission()).json()
    call = event(type="llm.call", lead_id=made["lead_id"], outcome="success")
    assert server.post_events(client, ndjson([call, event(type="llm.call", outcome="success")])).json()["accepted"] == 2
    server.settled_books(client)
    timeline = client.get(f"/v1/leads/{made['lead_id']}/timeline", params={"project_id": server.project}).json()
    assert [item["kind"] for item in timeline["items"]] == ["attempt", "event"]
    assert timeline["items"][1]["event"]["event_id"] == call["event_id"]
