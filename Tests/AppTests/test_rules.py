"""Schemas of fields and limits of submissions: set over HTTP, in force at once, kept, and explained by the log."""

from __future__ import annotations

import concurrent.futures
import json

import httpx
import pytest

from conftest import assert_problem, daybook, submission


def path(server, rest: str) -> str:
    return f"/v1/projects/{server.project}/{rest}"


def write(server, client, source: str, fields: list, **members) -> dict:
    answer = client.post(path(server, f"schemas/{source}"), json={"fields": fields, **members})
    assert answer.status_code == 201, answer.text
    return answer.json()


def attempt(server, client, attempt_id: str) -> dict:
    answer = client.get(f"/v1/attempts/{attempt_id}", params={"project_id": server.project})
    assert answer.status_code == 200, answer.text
    return answer.json()["attempt"]


def new_key(server, client, *scopes: str) -> str:
    answer = client.post(path(server, "keys"), json={"name": "test", "scopes": list(scopes)})
    assert answer.status_code == 201, answer.text
    return answer.json()["api_key"]


ZIP = {"name": "zip", "type": "text", "required": True, "pattern": "[0-9]{5}"}


# ---- Schemas
def test_a_schema_judges_from_its_activation_on(server, client):
    lead = submission(source="partner", fields={"zip": "none", "state": "CA"})
    before = server.post_lead(client, lead)
    assert before.status_code == 201, before.text
    assert attempt(server, client, before.json()["attempt_id"])["context"]["schema"] == {
        "source": "partner",
        "version": "builtin",
    }
    version = write(server, client, "partner", [ZIP, {"name": "age", "type": "integer", "min": 18, "required": True}])
    assert version["version"] == 1 and version["activated_at"] is None
    assert server.post_lead(client, submission(source="partner", fields={"zip": "x"})).status_code == 201
    on = client.post(path(server, "schemas/partner/activate"), json={"version": 1})
    assert on.status_code == 200 and on.json()["active_version"] == 1

    problem = assert_problem(
        server.post_lead(client, submission(source="partner", fields={"zip": "x", "age": 7})), 422, "field_pattern"
    )
    assert {(e["pointer"], e["code"]) for e in problem["errors"]} == {
        ("/fields/zip", "field_pattern"),
        ("/fields/age", "field_range"),
    }
    assert attempt(server, client, problem["attempt_id"])["context"]["schema"] == {"source": "partner", "version": 1}
    other = server.post_lead(client, submission(source="web_form", fields={"zip": "x"}))
    assert other.status_code == 201, "another source has no schema"

    off = client.post(path(server, "schemas/partner/activate"), json={"version": None})
    assert off.json()["active_version"] is None
    assert server.post_lead(client, submission(source="partner", fields={"zip": "x"})).status_code == 201
    listed = client.get(path(server, "schemas")).json()
    assert {"source": "partner", "active_version": None, "versions": 1} in listed["schemas"]
    assert {"name", "type"} <= set(listed["builtin"][0])


def test_a_repeated_version_is_one(server, client):
    write(server, client, "twice", [ZIP])
    again = client.post(path(server, "schemas/twice"), json={"fields": [ZIP]})
    assert again.status_code == 200 and again.json()["version"] == 1
    assert write(server, client, "twice", [ZIP], note="other")["version"] == 2
    assert len(client.get(path(server, "schemas/twice")).json()["versions"]) == 2


def test_a_dry_run_stores_nothing(server, client):
    for n in range(5):
        lead = submission(source="dry", fields={"zip": "02139" if n % 2 else "no"})
        assert server.post_lead(client, lead).status_code == 201
    total = {"project_id": server.project, "limit": 1}
    before = client.get("/v1/attempts", params=total).json()["total"]
    recent = client.post(path(server, "schemas/dry/dry-run"), json={"fields": [ZIP], "recent": 100})
    assert recent.status_code == 200, recent.text
    report = recent.json()
    assert (report["checked"], report["passed"], report["failed"]) == (5, 2, 3)
    assert report["by_field"] == [{"pointer": "/fields/zip", "code": "field_pattern", "count": 3}]
    assert all(row["lead_id"] for row in report["results"])
    samples = [submission(fields={"zip": "02139"}), {"user": {}}, submission(consent=False, fields={"zip": 7})]
    given = client.post(path(server, "schemas/dry/dry-run"), json={"fields": [ZIP], "samples": samples}).json()
    assert [row["outcome"] for row in given["results"]] == ["passed", "failed", "failed"]
    assert {e["code"] for e in given["results"][2]["errors"]} == {"field_type", "consent_missing"}
    assert client.get("/v1/attempts", params=total).json()["total"] == before
    assert client.get(path(server, "schemas/dry")).json()["versions"] == []


@pytest.mark.parametrize(
    "body, status, code, pointer",
    [
        ({"fields": [{"name": "a", "type": "text", "pattern": "(a"}]}, 422, "pattern_unsupported", "/fields/0/pattern"),
        ({"fields": [{"name": "a", "type": "text", "pattern": "(?=a)b"}]}, 422, "pattern_unsupported", "/fields/0/pattern"),
        ({"fields": [{"name": "a", "type": "colour"}]}, 422, "field_value", "/fields/0/type"),
        ({"fields": [{"name": "a", "type": "text"}, {"name": "a", "type": "text"}]}, 422, "field_duplicate", "/fields/1/name"),
        ({"fields": [{"name": "a", "type": "enum"}]}, 422, "field_missing", "/fields/0/values"),
        ({"fields": [{"name": "a", "type": "number", "min": 2, "max": 1}]}, 422, "field_range", "/fields/0/min"),
        ({"fields": [{"name": "a", "type": "date", "min_length": 2}]}, 422, "field_unknown", "/fields/0/min_length"),
        ({"fields": [{"name": "user.age", "type": "text"}]}, 422, "field_value", "/fields/0/name"),
        ({"fields": [{"type": "text"}]}, 422, "field_missing", "/fields/0/name"),
        ({"fields": 7}, 422, "field_type", "/fields"),
        ({}, 422, "field_missing", "/fields"),
        ({"fields": [], "what": 1}, 422, "field_unknown", "/what"),
    ],
)
def test_a_bad_schema_names_its_place(server, client, body, status, code, pointer):
    problem = assert_problem(client.post(path(server, "schemas/bad"), json=body), status, code)
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert client.get(path(server, "schemas/bad")).json()["versions"] == []


def test_settings_need_their_scope_and_their_project(server, client):
    reading = new_key(server, client, "query", "ingest")
    with server.client(reading) as reader:
        assert reader.get(path(server, "limits")).status_code == 200
        assert reader.get(path(server, "schemas/partner")).status_code == 200
        assert_problem(reader.put(path(server, "limits"), json={"rules": []}), 403, "scope_missing")
        assert_problem(reader.post(path(server, "schemas/x"), json={"fields": []}), 403, "scope_missing")
        assert_problem(reader.post(path(server, "schemas/x/dry-run"), json={"fields": [], "recent": 1}), 403, "scope_missing")
        assert_problem(reader.get("/v1/projects/prj_other/limits"), 403, "project_forbidden")
    assert_problem(client.get(path(server, "schemas/a%20b")), 400, "parameter_invalid")
    assert_problem(client.post(path(server, "schemas/partner/activate"), json={"version": 99}), 404, "not_found")


# ---- Limits
def rule(applies_to: str, limit: int, **members) -> dict:
    return {"applies_to": applies_to, "algorithm": "token_bucket", "limit": limit, "window_seconds": 3600, **members}


def set_limits(server, client, *rules: dict) -> dict:
    answer = client.put(path(server, "limits"), json={"rules": list(rules)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_limits_hold_at_once_and_say_what_is_left(fresh):
    server = fresh().start()
    with server.client() as client:
        standard = client.get(path(server, "limits")).json()
        assert standard["version"] == 0 and [r["applies_to"] for r in standard["rules"]] == ["user"]
        held = set_limits(server, client, rule("key", 3), rule("source", 2, source="web_form", algorithm="sliding_window"))
        assert held["version"] == 1 and held["updated_by"].startswith("key:")
        ids = [r["rule_id"] for r in held["rules"]]

        first = server.post_lead(client, submission())
        assert first.status_code == 201
        assert first.headers["ratelimit-policy"] == f'"{ids[0]}";q=3;w=3600, "{ids[1]}";q=2;w=3600'
        assert first.headers["ratelimit"].startswith(f'"{ids[0]}";r=2;t=')
        assert server.post_lead(client, submission()).status_code == 201
        refused = server.post_lead(client, submission())
        problem = assert_problem(refused, 429, "rate_limit_source")
        assert int(refused.headers["retry-after"]) >= 1
        logged = attempt(server, client, problem["attempt_id"])["context"]["limits"]
        assert [(entry["rule_id"], entry["allowed"], entry["remaining"]) for entry in logged] == [
            (ids[0], True, 1),
            (ids[1], False, 0),
        ]
        assert logged[1]["passes_at"] and logged[0]["state_before"] == logged[0]["state_after"]
        assert server.post_lead(client, submission(source="partner")).status_code == 201, "the key's third"
        assert_problem(server.post_lead(client, submission(source="partner")), 429, "rate_limit_key")
        # The same list again is no new version; sending an answer's rules back is fine.
        assert set_limits(server, client, *held["rules"])["version"] == 1
        assert set_limits(server, client)["rules"] == []
        assert server.post_lead(client, submission()).status_code == 201
    assert server.stop() == 0
    proof = daybook("verify", "--rate-limits", "--json", "--data", server.data)
    assert proof.returncode == 0, proof.stdout + proof.stderr
    report = json.loads(proof.stdout)["projects"][0]
    assert report["attempts"] == 6 and report["attempts_limited"] == 5 and report["ok"]


def test_the_limits_follow_from_the_log_after_kill9(fresh):
    server = fresh().start()
    with server.client() as client:
        set_limits(
            server,
            client,
            rule("user", 5, window_seconds=2, burst=2),
            rule("source", 400, window_seconds=3, algorithm="sliding_window"),
            rule("key", 100_000),
        )
    people = [{"email": f"p{n}@example.com"} for n in range(12)]

    def hammer(worker: int) -> int:
        answered = 0
        with server.client() as mine:
            for n in range(100_000):
                lead = submission(user=people[(worker + n) % len(people)], fields={"loan_amount": 1000 + n})
                try:
                    answer = server.post_lead(mine, lead)
                except httpx.TransportError:
                    return answered
                assert answer.status_code in (201, 409, 429), answer.text
                answered += 1
                if worker == 0 and n == 150:
                    server.process.kill()
        return answered

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answered = sum(pool.map(hammer, range(6)))
    server.kill9()
    server.start()
    with server.client() as client:
        assert set_limits(server, client, rule("user", 7))["version"] == 2
        assert server.post_lead(client, submission(user=people[0], fields={"loan_amount": 7})).status_code == 201
        # Beside the running server.
        beside = daybook("verify", "--rate-limits", "--data", server.data)
        assert beside.returncode == 0, beside.stdout + beside.stderr
        assert "Every limit follows from the log." in beside.stdout
    assert server.stop() == 0
    proof = daybook("verify", "--rate-limits", "--json", "--data", server.data)
    assert proof.returncode == 0, proof.stdout + proof.stderr
    report = json.loads(proof.stdout)["projects"][0]
    assert report["attempts"] >= answered + 1
    assert sum(r["refused"] for r in report["rules"]) > 10
    assert report["states_compared"] > len(people)


@pytest.mark.parametrize(
    "rules, pointer",
    [
        ([{**rule("team", 1)}], "/rules/0/applies_to"),
        ([{**rule("user", 0)}], "/rules/0/limit"),
        ([rule("user", 1), rule("user", 1)], "/rules/1"),
        ([{**rule("user", 1), "burst": 0}], "/rules/0/burst"),
        ("none", "/rules"),
    ],
)
def test_a_bad_rule_names_its_place(server, client, rules, pointer):
    before = client.get(path(server, "limits")).json()
    answer = client.put(path(server, "limits"), json={"rules": rules})
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert client.get(path(server, "limits")).json()["version"] == before["version"]
