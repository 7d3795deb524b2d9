"""Fixtures of the browser tests: one browser, one double, a page of its own for each test."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = Path(os.environ.get("DAYBOOK_CONSOLE", ROOT / "console" / "dist"))
CHROMIUM = os.environ.get("DAYBOOK_CHROMIUM", "/usr/bin/chromium")
ARTIFACTS = ROOT / "artifacts" / "browser"
EMAIL = "owner@example.com"
PASSWORD = "correct horse"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
WAIT_MS_MAX = 15_000
# A busy machine is slow, not wrong: every expectation waits as long as everything else here.
expect.set_options(timeout=WAIT_MS_MAX)


@pytest.fixture(scope="session")
def browser():
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; scripts/setup test installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Double:
    """The double of the server, and how to tell it what to do."""

    def __init__(self, url: str):
        self.url = url

    def _put(self, path: str, value: object) -> None:
        request = urllib.request.Request(
            self.url + path, data=json.dumps(value).encode(), method="PUT", headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).close()

    def faults(self, *faults: dict) -> None:
        self._put("/__double/faults", list(faults))

    def world(self, **settings: int) -> None:
        self._put("/__double/world", settings)


@pytest.fixture(scope="session")
def double_process():
    assert (CONSOLE / "index.html").exists(), f"{CONSOLE} holds no built console: run console/build"
    process = subprocess.Popen(
        ["node", str(Path(__file__).parent / "double" / "server.mjs"), "--console", str(CONSOLE)],
        stdout=subprocess.PIPE, text=True,
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    yield Double(ready["url"])
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def double(double_process: Double):
    double_process.faults()
    double_process.world(days=24)
    yield double_process
    double_process.faults()


class Watched:
    """A page that remembers what its console said, so that a test can ask for silence."""

    def __init__(self, page: Page):
        self.page = page
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}") if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.said.append(f"uncaught: {error}"))

    def expect_silence(self) -> None:
        assert self.said == [], "the browser's console said:\n" + "\n".join(self.said)


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest):
    """Opens pages with a size, a colour scheme and a zone; what is open when a test fails is kept as a picture."""
    opened: list[tuple[object, Watched]] = []

    def open_(width: int = 1280, height: int = 900, scheme: str = "light", **more: object) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", **more)
        context.set_default_timeout(WAIT_MS_MAX)
        watched = Watched(context.new_page())
        opened.append((context, watched))
        return watched

    yield open_
    failed = getattr(request.node, "failed", False)
    for index, (context, watched) in enumerate(opened):
        if failed:
            ARTIFACTS.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", request.node.name)
            watched.page.screenshot(path=str(ARTIFACTS / f"{name}-{index}.png"))
        context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.failed = True


def sign_in(watched: Watched, url: str, fragment: str = "", email: str = EMAIL, password: str = PASSWORD) -> Page:
    page = watched.page
    page.goto(f"{url}/{fragment}")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".rail").wait_for()
    return page


def until(page: Page, condition: str, argument: object = None) -> None:
    """Waits for a state of the page. Playwright's own `wait_for_function` needs eval, which the page's policy refuses."""
    deadline = time.monotonic() + WAIT_MS_MAX / 1000
    while not page.evaluate(condition, argument):
        assert time.monotonic() < deadline, f"this did not become true within {WAIT_MS_MAX} ms: {condition}"
        page.wait_for_timeout(40)


def settled(page: Page) -> None:
    """Every panel on the page has an answer."""
    until(page, "() => document.querySelector('.rail') && !document.querySelector('[aria-busy=true], .waiting')")


def panel(page: Page, title: str) -> Locator:
    return page.locator("section.panel").filter(has=page.get_by_role("heading", name=title, exact=True))
