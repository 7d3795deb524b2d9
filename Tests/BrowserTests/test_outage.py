"""The server goes away and comes back: one bar says so, and every panel returns by itself."""

import re

from playwright.sync_api import expect

from conftest import panel, settled, sign_in

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
