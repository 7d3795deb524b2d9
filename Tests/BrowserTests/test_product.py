"""The console on the real server: what the page says is what the API says."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import CONSOLE, ROOT, settled, sign_in

BINARY = Path(os.environ.get("DAYBOOK_BINARY") or os.environ.get("DAYBOOK_BIN") or ROOT / ".build" / "release" / "daybook")
START_SECONDS_MAX = 60
SETTLE_SECONDS_MAX = 60
SCREENS = ["today", "attempts", "days", "funnel", "failures", "system", "settings"]


class Product:
    def __init__(self, url: str, facts: dict, folder: Path):
        self.url = url
        self.folder = folder
        self.project = facts["project_id"]
        self.key = facts["api_key"]
        self.email = facts["admin_email"]
        self.password = facts["admin_password"]

    def simulate(self, *options: str) -> None:
        sent = run("simulate", "--url", self.url, "--api-key", self.key, *options, timeout=120)
        assert sent.returncode == 0, sent.stderr

    def submit(self, body: dict) -> int:
        """Submits one lead; the status of the answer."""
        request = urllib.request.Request(
            f"{self.url}/v1/projects/{self.project}/leads", data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def get(self, path: str, **query: str) -> dict:
        scope = {} if path.startswith("/v1/projects/") else {"project_id": self.project}
        address = f"{self.url}{path}?{urllib.parse.urlencode({**scope, **query}, doseq=True)}"
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def run(*arguments: str, timeout: float) -> subprocess.CompletedProcess:
    return subprocess.run([str(BINARY), *arguments], capture_output=True, text=True, timeout=timeout)


@contextlib.contextmanager
def serving(folder: Path, **settings: str):
    """A server of the product on a new data folder."""
    if not BINARY.exists():
        pytest.skip(f"there is no daybook binary at {BINARY}; make build makes one")
    told = run("init", "--data", str(folder), "--json", timeout=60)
    assert told.returncode == 0, told.stderr
    with open(folder / "serve.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [str(BINARY), "serve", "--data", str(folder), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log, text=True,
            cwd=ROOT, env={**os.environ, "DAYBOOK_CONSOLE_FOLDER": str(CONSOLE), **settings},
        )
        try:
            assert select.select([server.stdout], [], [], START_SECONDS_MAX)[0], f"not ready within {START_SECONDS_MAX} s; see {folder}/serve.log"
            yield Product(json.loads(server.stdout.readline())["url"], json.loads(told.stdout), folder)
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("daybook")) as product:
        product.simulate("--rate", "50", "--duration", "10s", "--seed", "7")
        # What ten seconds of traffic hold depends on the hour; some leads and some failures there are at every hour.
        for visitor in range(4):
            person = {"email": f"visitor{visitor}@example.com"}
            fields = {"state": "CA", "loan_amount": 320000}
            lead = {"user": person, "source": "web_form", "channel": "organic", "consent": True, "fields": fields}
            assert product.submit(lead) == 201
            assert product.submit({**lead, "user": {"email": f"visitor{visitor}"}}) == 422
        wait_until_processed(product)
        yield product


def wait_until_processed(product: Product) -> None:
    """What was sent has arrived in the numbers."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while True:
        books = product.get(f"/v1/projects/{product.project}/books")
        overview = product.get("/v1/analytics/overview")
        attempts = product.get("/v1/attempts", window="24h", limit="1")
        if books["received"] > 0 and not books["pending"] and overview["today"]["attempts"] == attempts["total"] > 0:
            return
        assert time.monotonic() < deadline, f"not settled: {books}, {overview['today']}, {attempts['total']}"
        time.sleep(0.2)


def number(text: str) -> int:
    return int(re.sub(r"[^\d]", "", text))


def enter(product: Product, open_page, place: str, width: int = 1440):
    """Signs in at a place; the page with what its console said, and the page itself."""
    watched = open_page(width=width)
    page = sign_in(watched, product.url, f"#/{place}{'&' if '?' in place else '?'}project={product.project}", product.email, product.password)
    settled(page)
    return watched, page


def test_the_page_says_what_the_api_says(product, open_page):
    watched = open_page()
    page = sign_in(watched, product.url, f"#/today?project={product.project}", product.email, product.password)
    settled(page)
    today = product.get("/v1/analytics/overview")["today"]
    figures = page.locator(".figure-value")
    assert number(figures.nth(0).inner_text()) == today["attempts"]
    assert number(figures.nth(1).inner_text()) == today["leads"]
    books = product.get(f"/v1/projects/{product.project}/books")
    assert number(page.locator(".books-ledger tfoot .right").inner_text()) == books["received"]
    assert books["balanced"] and page.get_by_text("Balanced").is_visible()
    funnel = product.get("/v1/analytics/funnel-metrics", window="24h")
    rows = page.locator(".funnel tbody tr")
    expect(rows).to_have_count(len(funnel["steps"]))
    assert number(rows.first.locator("td").nth(1).inner_text()) == funnel["steps"][0]["sessions"]
    watched.expect_silence()


def test_the_list_counts_what_the_log_counts(product, open_page):
    watched = open_page()
    page = sign_in(watched, product.url, f"#/attempts?project={product.project}&outcome=failure", product.email, product.password)
    settled(page)
    total = product.get("/v1/attempts", window="24h", outcome="failure", limit="1")["total"]
    title = page.locator("#content h2").filter(has_text=re.compile(r"attempts?$")).first.inner_text()
    assert number(title) == total > 0
    page.locator(".row-link").first.click()
    drawer = page.get_by_role("dialog", name="Attempt")
    expect(drawer.get_by_text("Proof")).to_be_visible()
    identifier = re.search(r"open=([^&]+)", page.url).group(1)
    attempt = product.get(f"/v1/attempts/{identifier}")["attempt"]
    expect(drawer.get_by_text(attempt["failure_code"]).first).to_be_visible()
    watched.expect_silence()


@pytest.mark.parametrize("screen", SCREENS)
def test_screen_on_the_product(product, open_page, screen):
    watched = open_page()
    page = sign_in(watched, product.url, f"#/{screen}?project={product.project}", product.email, product.password)
    settled(page)
    expect(page.locator(".notice")).to_have_count(0)
    assert [f"{entry['id']}: {entry['nodes'][0]['target']}" for entry in Axe().run(page).response["violations"]] == []
    watched.expect_silence()


def test_a_report_is_written_without_a_model(product, open_page):
    watched = open_page()
    page = sign_in(watched, product.url, f"#/days?project={product.project}", product.email, product.password)
    page.locator(".days-table .row-link").first.click()
    page.get_by_role("button", name=re.compile("Write (the report|again)")).click()
    expect(page.get_by_role("heading", name="Executive summary")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Written from the snapshot, without a language model")).to_be_visible()
    watched.expect_silence()


def test_a_report_says_what_came_since(product, open_page):
    """Until when it counted, how many came after that, and figures that open as many rows as they say."""
    watched, page = enter(product, open_page, "days")
    page.locator(".days-table .row-link").first.click()
    settled(page)
    page.get_by_role("button", name=re.compile("^Write (the report|again)$")).click()
    page.get_by_text("Executive summary").wait_for()
    expect(page.locator(".report-job")).to_have_count(0)
    settled(page)
    expect(page.locator(".report-as-of")).to_have_count(0)
    for visitor in range(3):
        assert product.submit({"user": {"email": f"later{visitor}@example.com"}, "source": "web_form", "consent": True, "fields": {"state": "CA"}}) == 201
    page.reload()
    settled(page)
    expect(page.locator(".report-as-of")).to_contain_text("3 attempts since")
    figure = page.locator("a.grounded-figure").first
    told = number(figure.inner_text().split("(")[0])
    figure.click()
    settled(page)
    assert number(page.locator(".attempts-list h2").inner_text()) == told
    watched.expect_silence()


def test_searches_that_the_api_would_refuse_are_words(product, open_page):
    watched, page = enter(product, open_page, "attempts")
    attempt = page.locator(".attempts-table tbody tr").first.get_attribute("data-row")
    for text in ["bogus:xx", "https://example.com/a?b=c"]:
        page.locator("[data-search]").fill(text)
        page.keyboard.press("Enter")
        expect(page.get_by_text("No attempt matches")).to_be_visible()
        expect(page.locator(".notice")).to_have_count(0)
    page.locator("[data-search]").fill(attempt)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile(r"^Attempt \d"))).to_be_visible()
    watched.expect_silence()


def test_a_new_key_works_and_a_revoked_one_does_not(product, open_page):
    page = sign_in(open_page(), product.url, f"#/settings?project={product.project}", product.email, product.password)
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Browser test")
    page.get_by_role("checkbox", name=re.compile("query")).check()
    page.get_by_role("dialog").get_by_role("button", name="Create key").click()
    secret = page.locator("[data-new-key]").inner_text()
    page.get_by_role("button", name="I have copied it").click()

    def status() -> int:
        request = urllib.request.Request(f"{product.url}/v1/attempts?project_id={product.project}", headers={"Authorization": f"Bearer {secret}"})
        try:
            return urllib.request.urlopen(request, timeout=30).status
        except urllib.error.HTTPError as error:
            return error.code

    assert status() == 200
    row = page.get_by_role("row", name=re.compile("Browser test"))
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(row.get_by_text("revoked")).to_be_visible()
    assert status() == 401
