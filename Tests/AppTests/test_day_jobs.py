"""Verifications and reports as jobs: followed, kept, resumed after `kill -9`, cancelled."""

from __future__ import annotations

import concurrent.futures
import datetime
import http.server
import json
import threading
import time
import zoneinfo

import pytest

from conftest import assert_problem, submission, wait_for


class ModelDouble:
    """Speaks Ollama's chat API: says what a test wants, and waits as long as a test wants."""

    def __init__(self):
        self.answers = threading.Event()
        self.asked = threading.Semaphore(0)
        self.requests: list[dict] = []
        self.text = json.dumps(
            {
                "executive_summary": "On this day there were 5 attempts, and 977 of them came from the moon.",
                "user_behaviour": ["People came."],
                "system_behaviour": ["It worked."],
                "misconfiguration_signals": [],
                "confidence_and_scope": "One day.",
            }
        )
        double = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.say({"models": [{"name": "llama3.1:8b"}]})

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                double.requests.append(body)
                double.asked.release()
                double.answers.wait(60)
                try:
                    self.say({"model": "llama3.1:8b", "message": {"content": double.text}, "done": True, "done_reason": "stop"})
                except OSError:
                    pass

            def say(self, value):
                data = json.dumps(value).encode() + b"\n"
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def stop(self):
        self.answers.set()
        self.server.shutdown()


@pytest.fixture
def model():
    double = ModelDouble()
    yield double
    double.stop()


def closed_day(server, client) -> str:
    project = client.get("/v1/projects").json()["projects"][0]
    here = zoneinfo.ZoneInfo(project["time_zone"])
    date = datetime.datetime.now(here).date() - datetime.timedelta(days=1)
    at = datetime.datetime.combine(date, datetime.time(12), here).astimezone(datetime.timezone.utc)
    for number in range(5):
        answer = client.post(
            f"/v1/projects/{server.project}/leads",
            content=json.dumps(submission()),
            headers={"content-type": "application/json", "daybook-received-at": at.isoformat().replace("+00:00", "Z")},
        )
        assert answer.status_code == 201, answer.text
    assert client.post(f"/v1/projects/{server.project}/days/{date}/close").status_code == 200
    return date.isoformat()


def job(server, client, job_id: str) -> dict:
    answer = client.get(f"/v1/jobs/{job_id}", params={"project_id": server.project})
    assert answer.status_code == 200, answer.text
    return answer.json()["job"]


def finished(server, client, job_id: str) -> dict:
    def done():
        found = job(server, client, job_id)
        return found if found["status"] in ("succeeded", "failed", "cancelled") else None

    return wait_for("the job finishes", done, seconds=90)


def test_a_verification_is_a_job_and_its_result_is_kept(server, client):
    date = closed_day(server, client)
    path = f"/v1/projects/{server.project}/days/{date}"
    assert client.get(path).json()["verification"]["status"] == "never"
    asked = client.post(path + "/verify")
    assert asked.status_code == 202, asked.text
    done = finished(server, client, asked.json()["job_id"])
    assert done["status"] == "succeeded" and done["kind"] == "verify", done
    result = done["result"]
    assert result["passed"] and result["rows"] == 5 and result["rows_per_second"] > 0
    assert [check["name"] for check in result["checks"]] == ["rows", "leads", "seal", "snapshot", "events"]
    assert all(check["passed"] and check["first_wrong"] is None for check in result["checks"])
    kept = client.get(path).json()["verification"]
    assert kept["status"] == "passed" and kept["job_id"] == asked.json()["job_id"] and kept["at"]
    row = next(row for row in client.get(f"/v1/projects/{server.project}/days").json()["days"] if row["date"] == date)
    assert row["verified"]["status"] == "passed"
    assert_problem(client.post(f"/v1/projects/{server.project}/days/1999-01-01/verify"), 404, "not_found")


def test_a_report_is_written_while_the_client_polls(fresh, model):
    server = fresh(environment={"DAYBOOK_MODEL_URL": model.url, "DAYBOOK_MODEL_KIND": "ollama"}).start()
    with server.client() as client:
        date = closed_day(server, client)
        path = f"/v1/projects/{server.project}/days/{date}/report"
        asked = client.post(path, params={"mode": "async"})
        assert asked.status_code == 202, asked.text
        job_id = asked.json()["job_id"]
        assert model.asked.acquire(timeout=60)
        running = wait_for("the phase is shown", lambda: (j := job(server, client, job_id))["phase"] == "asking the model" and j)
        assert running["status"] == "running"
        # A second request about the same day is the same job.
        assert client.post(path, params={"mode": "async"}).json()["job_id"] == job_id
        # The try is visible before it ends.
        tries = client.get(path + "/versions").json()["tries"]
        assert [(t["phase"], t["outcome"]) for t in tries] == [("started", None)]
        model.answers.set()
        done = finished(server, client, job_id)
        assert done["status"] == "succeeded" and done["result"]["version"] == 1
        report = client.get(path).json()["report"]
        assert report["status"] == "succeeded"
        unsupported = [f["text"] for f in report["grounding"]["figures"] if not f["supported"]]
        assert unsupported == ["977"] and report["grounding"]["share"] == 0.5


def test_a_report_survives_kill9_and_leaves_its_try_visible(fresh, model):
    server = fresh(environment={"DAYBOOK_MODEL_URL": model.url, "DAYBOOK_MODEL_KIND": "ollama"}).start()
    with server.client() as client:
        date = closed_day(server, client)
        path = f"/v1/projects/{server.project}/days/{date}/report"
        job_id = client.post(path, params={"mode": "async", "new_version": "true"}).json()["job_id"]
        assert model.asked.acquire(timeout=60)
    server.kill9()
    model.answers.set()
    server.start()
    with server.client() as client:
        done = finished(server, client, job_id)
        assert done["status"] == "succeeded" and done["tries"] == 2, done
        listed = client.get(path + "/versions").json()
        assert [v["version"] for v in listed["versions"]] == [1]
        assert [(t["phase"], t["outcome"]) for t in listed["tries"]] == [("started", None), ("started", None), ("ended", "succeeded")]


def test_a_cancelled_report_is_not_stored(fresh, model):
    server = fresh(environment={"DAYBOOK_MODEL_URL": model.url, "DAYBOOK_MODEL_KIND": "ollama"}).start()
    with server.client() as client:
        date = closed_day(server, client)
        path = f"/v1/projects/{server.project}/days/{date}/report"
        job_id = client.post(path, params={"mode": "async"}).json()["job_id"]
        assert model.asked.acquire(timeout=60)
        assert client.post(f"/v1/jobs/{job_id}/cancel", params={"project_id": server.project}).status_code == 200
        assert finished(server, client, job_id)["status"] == "cancelled"
        assert_problem(client.get(path), 404, "not_found")
        tries = client.get(path + "/versions").json()["tries"]
        assert [(t["phase"], t["outcome"]) for t in tries] == [("started", None), ("ended", "cancelled")]


def test_a_repeated_request_writes_no_other_report(fresh):
    server = fresh(environment={"DAYBOOK_MODEL_KIND": "none"}).start()
    with server.client() as client:
        date = closed_day(server, client)
        path = f"/v1/projects/{server.project}/days/{date}/report"
        again = {"new_version": "true"}

        def post(key, **parameters):
            return client.post(path, params=again | parameters, headers={"idempotency-key": key})

        # While it waits, and once it is there.
        first = post("asynchronous", mode="async")
        assert first.status_code == 202 and "idempotency-replayed" not in first.headers, first.text
        assert finished(server, client, first.json()["job_id"])["result"]["version"] == 1
        repeated = post("asynchronous", mode="async")
        assert repeated.status_code == 202 and repeated.headers["idempotency-replayed"] == "true"
        assert repeated.json()["job_id"] == first.json()["job_id"]
        assert_problem(post("asynchronous", mode="sync"), 422, "idempotency_key_reused")

        written = post("synchronous")
        assert written.status_code == 201 and written.json()["report"]["version"] == 2, written.text
        assert "idempotency-replayed" not in written.headers
        repeated = post("synchronous")
        assert repeated.status_code == 201 and repeated.headers["idempotency-replayed"] == "true"
        assert repeated.json()["report"] == written.json()["report"]
        assert post("another").json()["report"]["version"] == 3
        assert post("synchronous").json()["report"]["version"] == 2
        # Without a new version it is the report that is there.
        kept = client.post(path, headers={"idempotency-key": "kept"})
        assert kept.status_code == 200 and kept.json()["report"]["version"] == 3
        for wrong in ("a b", "x" * 256):
            assert_problem(post(wrong), 400, "idempotency_key_invalid")
        assert len(client.get(path + "/versions").json()["versions"]) == 3

        def verify():
            return client.post(path.removesuffix("report") + "verify", headers={"idempotency-key": "check"})

        checked = verify()
        assert "idempotency-replayed" not in checked.headers
        finished(server, client, checked.json()["job_id"])
        repeated = verify()
        assert repeated.json()["job_id"] == checked.json()["job_id"] and repeated.headers["idempotency-replayed"] == "true"


def test_an_accepted_report_waits_for_one_that_is_being_written(fresh, model):
    server = fresh(environment={"DAYBOOK_MODEL_URL": model.url, "DAYBOOK_MODEL_KIND": "ollama"}).start()
    with server.client(timeout=120) as client, concurrent.futures.ThreadPoolExecutor() as pool:
        date = closed_day(server, client)
        path = f"/v1/projects/{server.project}/days/{date}/report"
        written = pool.submit(client.post, path, params={"mode": "sync", "new_version": "true"})
        assert model.asked.acquire(timeout=60)
        asked = client.post(path, params={"mode": "async", "new_version": "true"})
        assert asked.status_code == 202, asked.text
        job_id = asked.json()["job_id"]
        wait_for("it waits", lambda: job(server, client, job_id)["status"] == "running")
        time.sleep(8)
        waiting = job(server, client, job_id)
        assert waiting["status"] == "running" and waiting["tries"] == 1, waiting
        assert waiting["phase"] == "waiting for another report of the day"
        model.answers.set()
        assert written.result(60).status_code == 201
        done = finished(server, client, job_id)
        assert done["status"] == "succeeded" and done["tries"] == 1 and done["result"]["version"] == 2, done
