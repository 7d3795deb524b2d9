"""One rule for `project_id`, on every operation of contracts/openapi.yaml."""

from __future__ import annotations

import pytest
import yaml

from conftest import ROOT, assert_problem

DOCUMENT = yaml.safe_load((ROOT / "contracts/openapi.yaml").read_text())
# Ways in for leads: pages and partners put parameters of their own behind the address.
OPEN = {"/v1/projects/{project_id}/leads", "/v1/projects/{project_id}/leads/form/{source}", "/v1/projects/{project_id}/leads/webhook/{source}"}
# What is wrong with the body or its type is said first.
BODY_FIRST = {"/v1/projects/{project_id}/leads/batch", "/v1/projects/{project_id}/imports"}


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "put", "post", "delete"):
                continue
            named = [*item.get("parameters", []), *operation.get("parameters", [])]
            found = [DOCUMENT["components"]["parameters"][p["$ref"].split("/")[-1]] if "$ref" in p else p for p in named]
            place = next((p["in"] for p in found if p["name"] == "project_id"), None)
            if place:
                address = path
                for parameter in found:
                    if parameter["in"] == "path" and parameter["name"] != "project_id":
                        address = address.replace("{%s}" % parameter["name"], "2026-01-01" if parameter["name"] == "date" else "x")
                yield pytest.param(method, path, address, place, id=f"{method} {path}")


@pytest.fixture(scope="module")
def other(server):
    with server.client() as client:
        made = client.post("/v1/projects", json={"name": "Other", "time_zone": "UTC"}).json()
    with server.client(key=made["api_key"]) as client:
        yield client


@pytest.mark.parametrize("method, path, address, place", list(operations()))
def test_the_project_is_named_once_and_by_who_belongs_to_it(server, client, other, method, path, address, place):
    own = ("project_id", server.project)
    if place == "query":
        for params, status, code in [
            ([], 400, "parameter_missing"),
            ([("project_id", "")], 400, "parameter_missing"),
            ([own, own], 400, "parameter_invalid"),
            ([("project_id", "no project")], 403, "project_forbidden"),
            ([("project_id", "prj_nobody")], 403, "project_forbidden"),
        ]:
            assert_problem(client.request(method, address, params=params), status, code)
        assert_problem(other.request(method, address, params=[own]), 403, "project_forbidden")
        return
    if path in OPEN - {"/v1/projects/{project_id}/leads"}:
        return
    for project in ("no%20project", "prj_nobody"):
        assert_problem(client.request(method, address.replace("{project_id}", project)), 403, "project_forbidden")
    here = address.replace("{project_id}", server.project)
    assert_problem(other.request(method, here), 403, "project_forbidden")
    if path not in OPEN | BODY_FIRST:
        assert_problem(client.request(method, here, params=[own]), 400, "parameter_unknown")


def test_the_walk_finds_both_kinds():
    places = [parameter.values[3] for parameter in operations()]
    assert places.count("query") > 20 and places.count("path") > 20
