"""The live server and contracts/openapi.yaml say the same: Schemathesis asks what nobody thought of."""

from __future__ import annotations

import json
import os

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conftest import ROOT, event, ndjson, submission

EXAMPLES = int(os.environ.get("APP_TESTS_EXAMPLES", "15"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def inlined_event_schema() -> dict:
    """event.schema.json without references of its own, to stand inside the OpenAPI document."""
    schema = json.loads((ROOT / "contracts/event.schema.json").read_text())
    definitions = schema.pop("$defs")

    def resolve(value):
        if isinstance(value, dict):
            if set(value) == {"$ref"} or "$ref" in value:
                name = value["$ref"].removeprefix("#/$defs/")
                return resolve({**definitions[name], **{k: v for k, v in value.items() if k != "$ref"}})
            return {key: resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [resolve(item) for item in value]
        return value

    schema.pop("$schema")
    schema.pop("$id")
    return resolve(schema)


def document() -> dict:
    raw = yaml.safe_load((ROOT / "contracts/openapi.yaml").read_text())
    raw["components"]["schemas"]["Event"] = inlined_event_schema()
    return raw


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


# The one value that is known only once a server runs; written into each case before it is sent.
PROJECT = "prj_placeholder"


def operations():
    raw = document()
    # Questions about the project that is there: about any other the answer is 403 before anything is read.
    for name in ("ProjectPath", "ProjectQuery"):
        raw["components"]["parameters"][name]["schema"] = {"enum": [PROJECT]}
    return [found.ok() for found in schemathesis.openapi.from_dict(raw).get_all_operations()]


@pytest.fixture(scope="module")
def filled(server):
    """The server, with something to ask about."""
    with server.client() as client:
        assert server.post_events(client, ndjson([event(source="web_form") for _ in range(20)])).status_code == 202
        assert server.post_lead(client, submission()).status_code == 201
        server.settled_books(client)
    return server


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_every_answer_is_documented(operation, mode, filled):
    examples = 0

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case):
        nonlocal examples
        examples += 1
        for place in (case.path_parameters, case.query):
            if place and "project_id" in place and place["project_id"] == PROJECT:
                place["project_id"] = filled.project
        answer = case.call(base_url=filled.url, headers={"authorization": f"Bearer {filled.key}"}, timeout=30)
        # 503 is documented: overload. Without load it is a defect.
        if operation.path != "/health/ready":
            assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=CHECKS)

    try:
        check()
    except Unsatisfiable:
        pytest.skip("there is nothing to get wrong here")
    assert examples > 0


def test_every_error_code_of_the_catalogue_has_a_documented_status():
    codes = json.loads((ROOT / "contracts/errors.json").read_text())["errors"]
    documented = {
        status
        for operations in document()["paths"].values()
        for operation in operations.values()
        for status in operation["responses"]
    }
    undocumented = {error["code"]: error["status"] for error in codes if str(error["status"]) not in documented}
    assert undocumented.keys() <= {"internal_error", "method_not_allowed"}, undocumented


def test_the_server_serves_what_is_documented(server):
    """No documented address is unknown to the server: its answer to nobody is 401, never 404."""
    with server.client(key=None) as client:
        for path, operations in document()["paths"].items():
            for method, operation in operations.items():
                if operation.get("security") == []:
                    continue
                address = path
                for name in (
                    "project_id", "date", "event_id", "attempt_id", "lead_id", "key_id", "job_id", "name", "source",
                    "secret_id",
                ):
                    address = address.replace("{%s}" % name, {"project_id": server.project, "date": "2026-03-02"}.get(name, "x"))
                answer = client.request(method.upper(), address, params={"project_id": server.project} if "{project_id}" not in path else None)
                assert answer.status_code == 401, f"{method} {path}: {answer.status_code} {answer.text[:200]}"


def test_an_unknown_contract_is_refused_wherever_answers_have_one(server):
    """Every operation that documents `Accept-Contract` minds it, before it looks at anything else."""
    minded = 0
    with server.client() as client:
        for path, operations in document()["paths"].items():
            for method, operation in operations.items():
                if {"$ref": "#/components/parameters/AcceptContract"} not in operation.get("parameters", []):
                    continue
                address = path.replace("{project_id}", server.project).replace("{date}", "2026-03-02")
                for name in ("event_id", "trace_id", "attempt_id", "lead_id", "job_id", "source"):
                    address = address.replace("{%s}" % name, "x")
                answer = client.request(
                    method.upper(), address, params={} if "{project_id}" in path else {"project_id": server.project},
                    headers={"accept-contract": "nonsense;v=1"},
                )
                assert answer.status_code == 406, f"{method} {path}: {answer.status_code} {answer.text[:200]}"
                assert answer.json()["contracts"][0]["versions"] == [1]
                minded += 1
    assert minded > 40


def test_answers_with_a_contract_document_how_to_ask_for_it():
    """An answer whose schema has `contract` belongs to an operation with the parameter and the status 406."""
    raw = document()

    def resolved(schema):
        while "$ref" in schema:
            schema = raw["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def has_contract(schema):
        schema = resolved(schema)
        parts = [part for kind in ("allOf", "oneOf", "anyOf") for part in schema.get(kind, [])]
        return "contract" in schema.get("properties", {}) or any(has_contract(part) for part in parts)

    for path, operations in raw["paths"].items():
        for method, operation in operations.items():
            answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            schemas = [m["schema"] for answer in answers for m in answer.get("content", {}).values() if "schema" in m]
            if any(has_contract(schema) for schema in schemas):
                assert {"$ref": "#/components/parameters/AcceptContract"} in operation["parameters"], f"{method} {path}"
                assert "406" in operation["responses"], f"{method} {path}"
