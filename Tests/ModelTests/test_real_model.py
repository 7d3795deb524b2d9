"""The whole path from `daybook serve` to a real model and back, over both protocols.

The model is far too small to write sense. What has to hold: every report is complete and in its fixed structure, whatever
was answered; what the model wrote, how long it took and which figures are grounded is stored; a closed day's report is
reused, and a new version is another one.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import zoneinfo

import httpx
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/AppTests"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from conftest import Server, submission, wait_for  # noqa: E402
from ollama_front import front  # noqa: E402

MODEL = os.environ.get("DAYBOOK_MODEL_FILE")
NAME = "smollm2:135m"
PARTS = ["executive_summary", "user_behaviour", "system_behaviour", "misconfiguration_signals", "confidence_and_scope"]
ARTIFACTS = ROOT / "artifacts" / "model-tests"

pytestmark = pytest.mark.skipif(not MODEL, reason="run scripts/test-model: it fetches the model and names it")


def free_port() -> int:
    with socket.socket() as socket_:
        socket_.bind(("127.0.0.1", 0))
        return socket_.getsockname()[1]


@pytest.fixture(scope="module")
def model_server():
    """The model's own server; its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, pathlib.Path(__file__).parent / "local_model.py", MODEL, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"

    def answers():
        assert process.poll() is None, "the model's server ended"
        try:
            return httpx.get(address + "/v1/models", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_for("the model answers", answers, seconds=240, pause=0.5)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def ollama(model_server):
    port = free_port()
    server = front(port, model_server, NAME)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()


def yesterday_with_traffic(server, client) -> str:
    project = client.get("/v1/projects").json()["projects"][0]
    here = zoneinfo.ZoneInfo(project["time_zone"])
    date = datetime.datetime.now(here).date() - datetime.timedelta(days=1)
    for number in range(60):
        at = datetime.datetime.combine(date, datetime.time(9 + number // 10, number % 10), here)
        lead = submission(source="partner_api" if number % 3 else "web_form")
        if number % 4 == 0:
            lead["user"] = {"email": "broken", "phone": "5550100"}
        answer = client.post(
            f"/v1/projects/{server.project}/leads",
            content=json.dumps(lead),
            headers={
                "content-type": "application/json",
                "daybook-received-at": at.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z"),
            },
        )
        assert answer.status_code in (201, 422), answer.text
    closed = client.post(f"/v1/projects/{server.project}/days/{date}/close")
    assert closed.status_code == 200, closed.text
    return date.isoformat()


def check(report: dict):
    assert report["status"] in ("succeeded", "fallback"), report
    assert list(report["sections"]) and set(report["sections"]) == set(PARTS)
    assert len(report["sections"]["executive_summary"]) >= 20
    grounding = report["grounding"]
    assert grounding["checked"] == grounding["supported"] + grounding["unsupported"] == len(grounding["figures"])
    for figure in grounding["figures"]:
        assert figure["supported"] == (figure["fact"] is not None)
    if report["status"] == "fallback":
        assert report["fallback"]["reason"] and report["fallback"]["hint"]
        assert grounding["unsupported"] == 0
    assert report["timings_ms"]["own"] < 1000


@pytest.mark.parametrize("kind", ["openai", "ollama"])
def test_a_day_is_explained_by_a_real_model(kind, model_server, ollama, tmp_path):
    environment = {
        "DAYBOOK_MODEL_KIND": kind,
        "DAYBOOK_MODEL_URL": ollama if kind == "ollama" else model_server,
        "DAYBOOK_MODEL_NAME": NAME,
        "DAYBOOK_MODEL_TIMEOUT_S": "600",
    }
    server = Server(tmp_path, environment=environment).start()
    kept = []
    try:
        with server.client(timeout=1300) as client:
            date = yesterday_with_traffic(server, client)
            path = f"/v1/projects/{server.project}/days/{date}/report"
            for number in (1, 2):
                began = time.monotonic()
                answer = client.post(path, params={"mode": "sync", "new_version": "true"})
                assert answer.status_code == 201, answer.text
                report = answer.json()["report"]
                assert report["version"] == number
                check(report)
                kept.append({"kind": kind, "seconds": round(time.monotonic() - began, 2), "report": report})
            again = client.post(path)
            assert again.status_code == 200 and again.json()["report"]["version"] == 2
            versions = client.get(path + "/versions").json()["versions"]
            assert [version["version"] for version in versions] == [1, 2]
            compared = client.get(path + "/compare", params={"from": 1, "to": 2}).json()
            assert [section["name"] for section in compared["sections"]] == PARTS
    finally:
        server.stop()
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        (ARTIFACTS / f"{kind}.json").write_text(json.dumps(kept, indent=2))
    for item in kept:
        report, grounding = item["report"], item["report"]["grounding"]
        print(
            f"\n{kind}: version {report['version']} {report['status']} in {item['seconds']} s"
            f" (own part {report['timings_ms']['own']} ms);"
            f" {grounding['supported']} of {grounding['checked']} figures grounded"
            + (f"; {report['fallback']['reason']}: {report['fallback']['detail']}" if report["fallback"] else "")
        )
