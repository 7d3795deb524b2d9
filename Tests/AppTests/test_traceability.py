"""Every number of a day opens the rows behind it: the list of attempts with the same filter has the same total."""

from __future__ import annotations

import json

import pytest

from conftest import submission


@pytest.fixture(scope="module")
def day(server):
    """A day with sources, channels, failures of several codes, and people who come back."""
    lines = []
    for n in range(400):
        made = submission(
            source=["web_form", "partner_api", "call_center"][n % 3],
            channel=["organic", "paid_search"][n % 2],
            user={"email": f"p{n % 90}@example.com"},
            fields={"loan_amount": 1000 + n, "state": "CA" if n % 11 else "XX"},
        )
        if n % 7 == 0:
            made["user"] = {"email": "broken"}
        if n % 13 == 0:
            made["consent"] = False
        if n % 17 == 0:
            made["user"] = {}
        lines.append(json.dumps(made))
    lines.append("{")
    with server.client() as client:
        answer = client.post(
            f"/v1/projects/{server.project}/leads/batch",
            content="\n".join(lines).encode(),
            headers={"content-type": "application/x-ndjson"},
        )
        assert answer.status_code == 200, answer.text
        first = client.get("/v1/attempts", params={"project_id": server.project, "limit": 1}).json()["attempts"][0]
        date = first["logical_date"]
        snapshot = client.get(f"/v1/projects/{server.project}/days/{date}").json()["snapshot"]
    return date, snapshot


def total(server, client, **filter) -> int:
    answer = client.get("/v1/attempts", params={"project_id": server.project, "limit": 1, **filter})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["total_is_exact"], filter
    return body["total"]


def test_totals(server, client, day):
    date, snapshot = day
    counts = snapshot["attempts"]
    assert counts["attempts"] == 401 and counts["failures"] > 50 and counts["successes"] > 50
    assert total(server, client, date=date) == counts["attempts"]
    assert total(server, client, date=date, outcome="success") == counts["successes"] == snapshot["leads"]
    assert total(server, client, date=date, outcome="failure") == counts["failures"]


@pytest.mark.parametrize(("member", "parameter"), [("by_source", "source"), ("by_channel", "channel")])
def test_groups(server, client, day, member, parameter):
    date, snapshot = day
    rows = snapshot[member]["rows"]
    assert len(rows) >= 2
    for row in rows:
        asked = {parameter: row["name"], "date": date}
        assert total(server, client, **asked) == row["attempts"], row
        assert total(server, client, **asked, outcome="success") == row["successes"], row
        assert total(server, client, **asked, outcome="failure") == row["failures"], row


def test_codes_and_categories(server, client, day):
    date, snapshot = day
    assert len(snapshot["by_code"]) >= 4
    for row in snapshot["by_code"]:
        assert total(server, client, date=date, error_code=row["code"], error_category=row["category"]) == row["count"]
        assert total(server, client, q=f"date:{date} code:{row['code']} category:{row['category']}") == row["count"]
    for row in snapshot["by_category"]:
        assert total(server, client, date=date, error_category=row["category"]) == row["count"], row
    for row in snapshot["by_source_and_code"]:
        assert total(server, client, date=date, source=row["source"], error_code=row["code"]) == row["count"], row


def test_hours(server, client, day):
    date, snapshot = day
    hours = snapshot["by_hour"]
    ends = [hour["starts_at"] for hour in hours[1:]] + [snapshot["ends_at"]]
    assert sum(hour["attempts"] for hour in hours) == snapshot["attempts"]["attempts"]
    for hour, end in zip(hours, ends, strict=True):
        asked = {"from": hour["starts_at"], "to": end}
        assert total(server, client, **asked) == hour["attempts"], hour
        assert total(server, client, **asked, outcome="failure") == hour["failures"], hour


def test_hours_of_sources(server, client, day):
    date, snapshot = day
    starts = [hour["starts_at"] for hour in snapshot["by_hour"]] + [snapshot["ends_at"]]
    for row in snapshot["by_source"]["rows"]:
        for at, count in enumerate(row["by_hour"]):
            if count:
                asked = {"from": starts[at], "to": starts[at + 1], "source": row["name"]}
                assert total(server, client, **asked) == count, (row["name"], at)


def test_people(server, client, day):
    date, snapshot = day
    for row in snapshot["users"]["top"]:
        assert total(server, client, date=date, user_id=row["user_id"]) == row["attempts"], row
        assert total(server, client, date=date, user_id=row["user_id"], outcome="failure") == row["failures"], row


def test_the_trend_of_the_day_is_the_day(server, client, day):
    date, snapshot = day
    trends = client.get("/v1/analytics/trends", params={"project_id": server.project}).json()
    assert trends["contract"] == {"name": "trends", "version": 1}
    point = next(point for point in trends["points"] if point["date"] == date)
    assert point["attempts"] == snapshot["attempts"]["attempts"] and point["leads"] == snapshot["leads"]
    assert point["users"] == snapshot["users"]["distinct"]
    week = trends["by_week"][-1]
    assert week["user_days"] == sum(p["users"] for p in trends["points"] if p["date"] >= week["date"])
    rows = list(server.pages(client, "/v1/attempts", "attempts", **{"from": f"{week['date']}T00:00:00Z"}))
    rows = [row for row in rows if row["logical_date"] >= week["date"]]
    assert week["users"] == len({row["user_id"] for row in rows if row["user_id"]}) <= week["user_days"]
    assert week["attempts"] == sum(p["attempts"] for p in trends["points"] if p["date"] >= week["date"])
    for row in snapshot["by_source"]["rows"]:
        asked = {"project_id": server.project, "source": row["name"], "granularity": "week"}
        assert client.get("/v1/analytics/trends", params=asked).json()["points"][-1]["attempts"] == row["attempts"]
    both = client.get("/v1/analytics/trends", params={"project_id": server.project, "source": "web_form", "channel": "organic"}).json()
    assert both["partial"] and both["missing"] == ["source_by_channel"] and both["points"] == []
