"""Search of the attempt log, and the page of one attempt."""

from __future__ import annotations

import pytest

from conftest import assert_problem, submission


@pytest.fixture(scope="module")
def log(server):
    with server.client() as client:
        good = server.post_lead(client, submission(user={"email": "Ada@Example.com", "phone": "+12125550123"}), key="k-1")
        bad = server.post_lead(
            client,
            submission(user={"email": "ada@example.com"}, fields={"state": "Texas", "loan_amount": 250000}, channel="email"),
        )
        worse = server.post_lead(client, submission(user={"email": "no address"}, source="partner_api"))
        assert (good.status_code, bad.status_code, worse.status_code) == (201, 422, 422)
    return {"good": good.json(), "bad": bad.json()["attempt_id"], "worse": worse.json()["attempt_id"]}


def found(server, client, q: str) -> list[str]:
    answer = client.get("/v1/attempts", params={"project_id": server.project, "q": q})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["total"] == len(body["attempts"]) and not body["partial"]
    return [attempt["attempt_id"] for attempt in body["attempts"]]


def test_each_term_finds_what_it_names(server, client, log):
    good = log["good"]
    by_person = [log["bad"], good["attempt_id"]]
    page = client.get(f"/v1/attempts/{good['attempt_id']}", params={"project_id": server.project}).json()
    email, phone = page["contact"]["email_hash"], page["contact"]["phone_hash"]
    for q, expected in {
        f"attempt:{good['attempt_id']}": [good["attempt_id"]],
        good["attempt_id"]: [good["attempt_id"]],
        f"lead:{good['lead_id']}": [good["attempt_id"]],
        good["lead_id"]: [good["attempt_id"]],
        f"user:{good['user_id']}": by_person,
        "email:ada@example.com": by_person,
        "ADA@example.com": by_person,
        f"email:{email[:15]}": by_person,
        f"email:{email}": by_person,
        f"phone:{phone}": by_person,
        'phone:"+1 (212) 555-0123"': by_person,
        "+12125550123": by_person,
        "code:state_invalid": [log["bad"]],
        "category:validation": [log["worse"], log["bad"]],
        "source:partner_api": [log["worse"]],
        "channel:email": [log["bad"]],
        "outcome:success": [good["attempt_id"]],
        "state_inv": [log["bad"]],
        '"letters of a US state"': [log["bad"]],
        "address like": [log["worse"]],
        "address code:state_invalid": [],
        "nowhere": [],
        "email:nobody@example.com": [],
    }.items():
        assert found(server, client, q) == expected, q


@pytest.mark.parametrize(
    "q", ["nobody:knows", "email:ada", "phone:2125550123", "email:sha256:12", "outcome:maybe", "date:2026-02-30", 'a "b', "user:", "schema:x"]
)
def test_what_cannot_be_understood_is_named(server, client, q):
    answer = client.get("/v1/attempts", params={"project_id": server.project, "q": q})
    problem = assert_problem(answer, 400, "parameter_invalid")
    assert problem["errors"][0]["pointer"] == "/query/q"


def test_the_page_of_an_attempt(server, client, log):
    page = client.get(f"/v1/attempts/{log['bad']}", params={"project_id": server.project}).json()
    assert page["request"]["endpoint"] == "json" and page["request"]["body_bytes"] > 50
    rows = {row["pointer"]: row for row in page["validation"]}
    assert rows["/fields/state"] == {
        "pointer": "/fields/state", "rule": "US state", "value_shape": "Aaaaa", "result": "failed",
        "code": "state_invalid", "message": "Write the two letters of a US state, e.g. CA.",
    }
    assert rows["/fields/loan_amount"]["result"] == "passed" and rows["/fields/loan_amount"]["value_shape"] == "999999"
    assert page["limits"][0]["allowed"] is True and page["limits"][0]["remaining"] >= 0
    assert [a["attempt_id"] for a in page["retries"]] == [log["good"]["attempt_id"], log["bad"]]
    assert page["proof"]["available"] is False
    good = client.get(f"/v1/attempts/{log['good']['attempt_id']}", params={"project_id": server.project}).json()
    assert {row["result"] for row in good["validation"]} == {"passed"}
    assert good["attempt"]["idempotency_key"] == "k-1"


def test_pages_of_a_search_walk_to_the_end(server, client, log):
    seen = [row["attempt_id"] for row in server.pages(client, "/v1/attempts", "attempts", q="write", limit=1)]
    assert seen == [log["worse"], log["bad"]]
