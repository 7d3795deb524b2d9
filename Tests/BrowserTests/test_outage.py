"""The server goes away and comes back: one bar says so, and every panel returns by itself."""

import re

from playwright.sync_api import expect

from conftest import EMAIL, PASSWORD, panel, settled, sign_in
from test_screens import expect_accessible

API = re.compile(r"/(v1|health)/")
AWAY = "The server cannot be reached; trying again"


def yesterday(page) -> str:
    """The page of the day before the open one, by its link on the list of days."""
    page.locator(".days-table .row-link").nth(1).click()
    page.get_by_text("cannot be rewritten").wait_for()
    return page.url


def test_a_long_outage_ends_by_itself(double, open_page):
    watched = open_page()
    page = watched.page
    page.clock.install()
    sign_in(watched, double.url, "#/days")
    settled(page)
    address = yesterday(page)
    settled(page)
    page.route(API, lambda route: route.abort("connectionrefused"))
    page.keyboard.press("[")
    expect(page.locator(".notice").first).to_be_visible()
    # Longer than any number of tries.
    for _ in range(12):
        page.clock.run_for(15_000)
        page.wait_for_timeout(30)
    expect(page.get_by_role("status").filter(has_text=AWAY)).to_be_visible()
    expect(page.get_by_role("switch")).to_have_text("Reconnecting")
    # The bar says it, and the panels do not say it again.
    expect(page.locator(".notice").first).to_contain_text("Waiting for the server")
    expect(page.locator("#content").get_by_text("cannot be reached")).to_have_count(0)
    # Nobody saw the requests, so nobody can look for them.
    expect(page.locator(".notice-id")).to_have_count(0)
    page.unroute(API)
    page.clock.run_for(16_000)
    settled(page)
    expect(page.locator(".notice")).to_have_count(0)
    expect(panel(page, "By source").locator("tbody tr").first).to_be_visible()
    expect(panel(page, "Books").locator("tfoot")).to_be_visible()
    expect(page.get_by_text(AWAY)).to_have_count(0)
    expect(page.get_by_role("switch")).to_have_text("Live")
    assert page.url != address


def test_the_network_is_back(double, open_page):
    """Whoever closes the lid, or is told by the browser that there is a network again, does not wait."""
    watched = open_page()
    page = watched.page
    page.clock.install()
    sign_in(watched, double.url, "#/days")
    settled(page)
    yesterday(page)
    settled(page)
    page.route(API, lambda route: route.abort("internetdisconnected"))
    page.keyboard.press("[")
    expect(page.locator(".notice").first).to_be_visible()
    page.clock.run_for(40_000)
    page.unroute(API)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(panel(page, "By source").locator("tbody tr").first).to_be_visible()
    settled(page)
    expect(page.locator(".notice")).to_have_count(0)


def type_in(page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_waits_for_the_server(double, open_page):
    """No reload: what was typed is kept, and it is done as soon as the server answers."""
    page = open_page().page
    page.clock.install()
    page.goto(f"{double.url}/#/attempts?outcome=failure")
    page.get_by_label("Email").wait_for()
    page.route(API, lambda route: route.abort("connectionrefused"))
    type_in(page, EMAIL, PASSWORD)
    away = page.get_by_role("status").filter(has_text="Daybook cannot be reached")
    expect(away).to_contain_text("You are signed in as soon as it answers")
    expect(away).to_contain_text(re.compile(r"Trying again in \d+ s"))
    expect_accessible(page)
    for _ in range(6):
        page.clock.run_for(8_000)
        page.wait_for_timeout(30)
    expect(away).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(EMAIL)
    expect(page.get_by_label("Password")).to_have_value(PASSWORD)
    page.unroute(API)
    page.clock.run_for(9_000)
    settled(page)
    assert "#/attempts" in page.url and "outcome=failure" in page.url


def test_what_is_typed_anew_is_not_sent_by_itself(double, open_page):
    page = open_page().page
    page.clock.install()
    page.goto(double.url)
    page.route(API, lambda route: route.abort("connectionrefused"))
    type_in(page, EMAIL, "correct")
    away = page.get_by_role("status").filter(has_text="Daybook cannot be reached")
    expect(away).to_be_visible()
    page.get_by_label("Password").fill("correct hor")
    expect(away).not_to_contain_text("You are signed in")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.unroute(API)
    away.get_by_role("button", name="Try now").click()
    expect(page.get_by_text("Daybook cannot be reached")).to_have_count(0)
    page.clock.run_for(20_000)
    page.wait_for_timeout(100)
    assert asked == []
    expect(page.get_by_label("Password")).to_have_value("correct hor")
    type_in(page, EMAIL, PASSWORD)
    settled(page)


def test_a_kept_session_goes_on_by_itself(double, open_page):
    """The page was loaded again while the server was starting: it asks until it is told yes or no."""
    page = open_page().page
    page.clock.install()
    sign_in_of_page(page, double)
    for fault in ["abort", "error"]:
        page.route(API, (lambda route: route.abort("connectionrefused")) if fault == "abort" else (lambda route: route.fulfill(status=500, json={"title": "starting"})))
        page.reload()
        heading = page.get_by_role("heading", name="Daybook cannot be reached" if fault == "abort" else "Daybook does not answer as it should")
        expect(heading).to_be_visible()
        for _ in range(4):
            page.clock.run_for(15_000)
            page.wait_for_timeout(30)
        expect(heading).to_be_visible()
        page.unroute(API)
        page.clock.run_for(16_000)
        settled(page)
        assert "#/failures" in page.url


def sign_in_of_page(page, double) -> None:
    page.goto(f"{double.url}/#/failures")
    type_in(page, EMAIL, PASSWORD)
    settled(page)
