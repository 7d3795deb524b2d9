"""Search of the attempt log, and the page of one attempt."""

from __future__ import annotations

import pytest

from conftest import assert_problem, now_text, submission, wait_for


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
        "field:/fields/state": [log["bad"]],
        "field:/fields/state:state_invalid": [log["bad"]],
        "field:/fields/state:email_invalid": [],
        "field:/user/email source:partner_api": [log["worse"]],
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


def count(server, client, **params) -> int:
    answer = client.get("/v1/attempts", params={"project_id": server.project, **params})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["total"] == len(body["attempts"])
    return body["total"]


def test_a_term_narrows_what_is_asked_and_a_list_widens_it(server, client, log):
    every = count(server, client)
    for params, expected in [
        ({"source": "web_form", "q": "source:partner_api"}, 0),
        ({"source": ["web_form", "partner_api"]}, every),
        ({"source": ["web_form", "partner_api"], "q": "source:partner_api"}, 1),
        ({"q": "source:web_form,partner_api"}, every),
        ({"q": "source:web_form source:partner_api"}, 0),
        ({"q": "source:web_form,partner_api source:partner_api"}, 1),
        ({"q": 'source:"web_form,partner_api"'}, 0),
        ({"q": "code:email_invalid code:state_invalid"}, 0),
        ({"q": "code:email_invalid,state_invalid"}, 2),
        ({"error_code": "email_invalid", "q": "code:state_invalid"}, 0),
        ({"error_category": "validation", "q": "category:rate_limited"}, 0),
        ({"channel": "email", "q": "channel:organic"}, 0),
        ({"outcome": "success", "q": "outcome:failure"}, 0),
        ({"q": "outcome:success outcome:failure"}, 0),
        ({"date": "2026-01-01", "q": "date:2026-01-02"}, 0),
        ({"user_id": log["good"]["user_id"], "q": "user:usr_" + "0" * 32}, 0),
        ({"q": f"{log['bad']} {log['worse']}"}, 0),
        ({"q": "email:ada@example.com phone:+12125550123"}, 2),
        ({"q": "email:ada@example.com email:bob@example.com"}, 0),
        ({"q": "schema:3 schema:4"}, 0),
    ]:
        assert count(server, client, **params) == expected, params


@pytest.mark.parametrize(
    "filter, rows",
    [
        ({"source": "web_form", "q": "source:partner_api"}, 0),
        ({"outcome": "success", "q": "outcome:failure"}, 0),
        ({"q": "code:email_invalid code:state_invalid"}, 0),
        ({"source": ["web_form", "partner_api"], "q": "source:partner_api"}, 1),
    ],
)
def test_an_export_is_narrowed_like_the_list(server, client, log, filter, rows):
    body = {"project_id": server.project, "of": "attempts", "format": "csv", "filter": filter}
    asked = client.post("/v1/exports", json=body)
    assert asked.status_code == 202, asked.text

    def done():
        export = client.get(asked.json()["links"]["export"]).json()
        return export if export["job"]["status"] not in ("queued", "running") else None

    assert wait_for("the export ends", done)["rows"] == rows


def test_the_range_is_read_as_elsewhere(server, client, log):
    every = count(server, client)
    assert count(server, client, **{"from": "2026-01-01"}) == every
    assert count(server, client, **{"from": "2026-01-01", "to": "2026-01-02"}) == 0
    for params, pointer in [
        ({"window": "24h", "from": "2026-01-01T00:00:00Z"}, "/query/window"),
        ({"window": "24h", "date": "2026-01-01"}, "/query/window"),
        ({"date": "2026-01-01", "to": "2026-01-02T00:00:00Z"}, "/query/date"),
        ({"from": "yesterday"}, "/query/from"),
    ]:
        answer = client.get("/v1/attempts", params={"project_id": server.project, **params})
        assert assert_problem(answer, 400, "parameter_invalid")["errors"][0]["pointer"] == pointer
    answer = client.get("/v1/attempts", params={"project_id": server.project, "cursor": ""})
    assert_problem(answer, 400, "cursor_invalid")


def test_a_term_that_is_none_is_told_alike_by_list_and_export(server, client):
    params = {"project_id": server.project, "q": "bogus:x"}
    listed = assert_problem(client.get("/v1/attempts", params=params), 400, "parameter_invalid")
    body = {"project_id": server.project, "of": "attempts", "format": "csv", "filter": {"q": "bogus:x"}}
    exported = client.post("/v1/exports", json=body).json()
    assert listed["errors"][0]["message"] == exported["errors"][0]["message"]
    assert exported["errors"][0]["pointer"] == "/filter/q"
    quoted = client.get("/v1/attempts", params={**params, "q": '"bogus:x"'})
    assert quoted.json()["attempts"] == []
    body["filter"]["q"] = '"bogus:x"'
    assert client.post("/v1/exports", json=body).status_code == 202


def test_a_correlation_id_finds_the_attempts_of_its_request(server, client):
    one = server.post_lead(client, submission())
    rows = "\n".join(f"corr{n}@example.com,CA" for n in range(30))
    path = f"/v1/projects/{server.project}/leads"
    headers = {"content-type": "text/csv"}
    many = client.post(f"{path}/batch", params={"consent": "true"}, content=f"email,state\n{rows}", headers=headers)
    own = client.post(path, json=submission(), headers={"x-request-id": "order:4711"})
    refused = server.post_lead(client, b"{")
    for answer, expected in [
        (one, [one.json()["attempt_id"]]), (own, [own.json()["attempt_id"]]), (refused, [refused.json()["attempt_id"]]),
        (many, [row["attempt_id"] for row in many.json()["results"]]),
    ]:
        identifier = answer.headers["x-request-id"]
        assert sorted(found(server, client, f"request:{identifier}")) == sorted(expected)
        if identifier.startswith("req_"):
            assert sorted(found(server, client, identifier)) == sorted(expected)
        pages = server.pages(client, "/v1/attempts", "attempts", q=f"request:{identifier}", limit=7)
        assert sorted(row["attempt_id"] for row in pages) == sorted(expected)
    assert found(server, client, "request:nobody") == []
    assert found(server, client, "req_" + "0" * 12 + "7" + "0" * 19) == []
    assert found(server, client, f"request:{one.headers['x-request-id']} outcome:failure") == []


def test_an_earlier_try_of_the_same_person_is_found_over_midnight(fresh):
    server = fresh().start()
    person = {"external_id": "over-midnight"}
    with server.client() as client:
        def send(at, key=None, **members):
            headers = {"daybook-received-at": at, **({"idempotency-key": key} if key else {})}
            body = submission(user=person, **members)
            return client.post(f"/v1/projects/{server.project}/leads", json=body, headers=headers)

        day = now_text(-40 * 86_400)[:10]
        following = now_text(-39 * 86_400)[:10]
        long_before = send(now_text(-42 * 86_400)).json()
        # The project's midnight is in New York: 23:00 and 01:00 there.
        late = send(f"{following}T03:50:00Z", key="k", fields={"state": "Atlantis"})
        assert late.status_code == 422
        early = send(f"{following}T05:10:00Z", fields={"state": "NV"})
        assert early.status_code == 201, early.text
        # The same key with another body: whose it was is known all the same.
        reused = send(f"{following}T05:20:00Z", key="k", fields={"state": "OR"})
        assert_problem(reused, 422, "idempotency_key_reused")
        tries = [answer.json()["attempt_id"] for answer in (late, early, reused)]
        for identifier in tries:
            page = client.get(f"/v1/attempts/{identifier}", params={"project_id": server.project}).json()
            assert [row["attempt_id"] for row in page["retries"]] == tries
            assert {row["user_id"] for row in page["retries"]} == {early.json()["user_id"]}
        assert len({row["logical_date"] for row in page["retries"]}) == 2, day
        assert long_before["attempt_id"] not in tries
