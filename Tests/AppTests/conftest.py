"""App tests: the built binary, driven over HTTP as a stranger would.

DAYBOOK_BIN (or DAYBOOK_BINARY) names the binary; default .build/release/daybook. Each test owns its data folder; that of a
failed test is kept under artifacts/. Every wait has a bound, and waits for a state, never for an amount of time.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import threading
import time
import uuid

import httpx
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(
    os.environ.get("DAYBOOK_BIN") or os.environ.get("DAYBOOK_BINARY") or ROOT / ".build/release/daybook"
).resolve()
# What the program gets to see: none of the settings of whoever runs the tests.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("DAYBOOK_")}
START_SECONDS_MAX = 120
STOP_SECONDS_MAX = 60
COMMAND_SECONDS_MAX = 180


def pytest_collection_modifyitems(items):
    if BINARY.exists():
        return
    for item in items:
        item.add_marker(pytest.mark.skip(reason=f"there is no binary at {BINARY}; run `make build`"))


def daybook(*arguments, seconds=COMMAND_SECONDS_MAX, environment=None):
    """Runs the command to its end; status, standard output and standard error."""
    return subprocess.run(
        [BINARY, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        env={**ENVIRONMENT, **(environment or {})},
    )


def now_text(offset_seconds: float = 0) -> str:
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(**members) -> dict:
    """A good event, with what the caller wants different; a member set to None is left out."""
    made = {"event_id": f"t-{uuid.uuid4().hex}", "type": "log", "time": now_text(), **members}
    return {name: value for name, value in made.items() if value is not None}


def ndjson(events) -> bytes:
    return b"".join(json.dumps(e).encode() + b"\n" for e in events)


def submission(**members) -> dict:
    made = {
        "user": {"email": f"u{uuid.uuid4().hex}@example.com"},
        "source": "web_form",
        "channel": "organic",
        "fields": {"loan_amount": 320000, "state": "CA"},
        "consent": True,
        **members,
    }
    return {name: value for name, value in made.items() if value is not None}


def wait_for(what: str, question, seconds: float = 60, pause: float = 0.05):
    """Asks until the answer is true, and returns it; fails with the last answer when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: still {answer!r} after {seconds} s")
        time.sleep(pause)


class Server:
    """One `daybook serve` on one data folder; may be killed and started again."""

    def __init__(self, folder: pathlib.Path, *flags: str, environment: dict | None = None):
        self.folder = folder
        self.data = folder / "data"
        self.flags = flags
        self.environment = environment or {}
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.secrets: dict = {}

    # ---- Life

    def init(self) -> dict:
        done = daybook("init", "--data", self.data, "--json")
        assert done.returncode == 0, done.stderr
        self.secrets = json.loads(done.stdout)
        return self.secrets

    def start(self) -> "Server":
        if not self.secrets:
            self.init()
        log = open(self.folder / "serve.log", "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", self.data, "--listen", "127.0.0.1:0", *self.flags],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env={**ENVIRONMENT, **self.environment},
        )
        log.close()
        ready: queue.Queue = queue.Queue()
        output = self.process.stdout

        def read():
            with contextlib.suppress(ValueError):
                for line in output:
                    ready.put(line)
            ready.put(None)

        threading.Thread(target=read, daemon=True).start()
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                line = ready.get(timeout=max(0.1, deadline - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"not ready within {START_SECONDS_MAX} s; log: {self.log_tail()}")
            if line is None:
                pytest.fail(f"serve ended with {self.process.wait(10)} before it was ready; log: {self.log_tail()}")
            with contextlib.suppress(json.JSONDecodeError):
                said = json.loads(line)
                if said.get("event") == "ready":
                    self.url = said["url"]
                    return self

    def kill9(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS_MAX)
        self.process.stdout.close()
        self.process = None

    def stop(self) -> int:
        """Asks it to stop; its exit status."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill9()
            pytest.fail(f"serve did not stop within {STOP_SECONDS_MAX} s of SIGTERM; log: {self.log_tail()}")
        self.process.stdout.close()
        self.process = None
        return status

    def abandon(self):
        if self.process is not None and self.process.poll() is None:
            self.kill9()

    def log_tail(self, lines: int = 30) -> str:
        log = self.folder / "serve.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(none)"

    # ---- Talking to it

    @property
    def project(self) -> str:
        return self.secrets["project_id"]

    @property
    def key(self) -> str:
        return self.secrets["api_key"]

    def client(self, key: str | None = "", **options) -> httpx.Client:
        """`key` None sends no credentials; by default the first key."""
        headers = {} if key is None else {"authorization": f"Bearer {key or self.key}"}
        options.setdefault("timeout", 30)
        return httpx.Client(base_url=self.url, headers=headers, **options)

    def post_events(self, client: httpx.Client, body: bytes, kind="application/x-ndjson", **headers) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(f"/v1/projects/{self.project}/events", content=body, headers={"content-type": kind, **names})

    def post_lead(self, client: httpx.Client, lead: dict | bytes, key: str | None = None) -> httpx.Response:
        body = lead if isinstance(lead, bytes) else json.dumps(lead).encode()
        headers = {"content-type": "application/json", **({"idempotency-key": key} if key else {})}
        return client.post(f"/v1/projects/{self.project}/leads", content=body, headers=headers)

    def books(self, client: httpx.Client, date: str | None = None) -> dict:
        answer = client.get(f"/v1/projects/{self.project}/books", params={"date": date} if date else {})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settled_books(self, client: httpx.Client, seconds: float = 90) -> dict:
        """Today's books once nothing waits in the stream."""

        def settled():
            system = client.get("/v1/system", params={"project_id": self.project}).json()
            books = self.books(client)
            idle = system["stream"]["lag_frames"] == 0 and not books.get("pending")
            return books if idle else None

        return wait_for("the processor catches up", settled, seconds)

    def pages(self, client: httpx.Client, path: str, member: str, **params):
        """Every row of a paged list."""
        cursor = None
        while True:
            asked = {"project_id": self.project, "limit": 1000, **params, **({"cursor": cursor} if cursor else {})}
            answer = client.get(path, params=asked)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            yield from body[member]
            cursor = body["page"]["next_cursor"]
            if not body["page"]["has_more"]:
                return

    def resident_megabytes(self) -> float:
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict:
    """The answer is a whole problem with this status and code."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.headers
    problem = answer.json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert problem["title"] and problem["detail"] and problem["type"] and problem["instance"]
    assert problem["correlation_id"] == answer.headers["x-request-id"]
    return problem


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.session.stash.setdefault(FAILED, set()).add(item.nodeid)
        item.stash[FAILED_HERE] = True
        module = item.getparent(pytest.Module)
        if module is not None:
            module.stash[FAILED_HERE] = True
    return report


FAILED = pytest.StashKey()
FAILED_HERE = pytest.StashKey()


def keep(folder: pathlib.Path, name: str):
    target = ROOT / "artifacts" / "app-tests" / name.replace("/", "_").replace(":", "_")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, target, dirs_exist_ok=True)
    print(f"the data folder of the failed test is kept in {target}")


@pytest.fixture
def fresh(tmp_path, request):
    """Makes servers on folders of their own; ends them; keeps the folders when the test fails."""
    made: list[Server] = []

    def make(*flags: str, **options) -> Server:
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        made.append(Server(folder, *flags, **options))
        return made[-1]

    yield make
    for server in made:
        server.abandon()
    if request.node.stash.get(FAILED_HERE, False):
        keep(tmp_path, request.node.name)


@pytest.fixture(scope="module")
def server(tmp_path_factory, request):
    """A running server that the tests of one module share."""
    folder = tmp_path_factory.mktemp("server")
    server = Server(folder).start()
    yield server
    server.abandon()
    if request.node.stash.get(FAILED_HERE, False):
        keep(folder, request.node.name)


@pytest.fixture
def client(server):
    with server.client() as client:
        yield client
