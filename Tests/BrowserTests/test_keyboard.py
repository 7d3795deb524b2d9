"""The console by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from conftest import EMAIL, PASSWORD, panel, settled, sign_in, until


def screen(page) -> str:
    return re.search(r"#/(\w+)", page.url).group(1) if "#/" in page.url else "today"


def test_go_to_screens(double, open_page):
    page = sign_in(open_page(), double.url)
    settled(page)
    for keys, name in [("ga", "attempts"), ("gd", "days"), ("gu", "funnel"), ("gf", "failures"), ("gs", "system"), ("gt", "today")]:
        for key in keys:
            page.keyboard.press(key)
        until(page, "name => location.hash.startsWith('#/' + name)", name)
        assert screen(page) == name
        expect(page.locator(".rail [aria-current=page]")).to_have_count(1)
    page.go_back()
    assert screen(page) == "system"


def test_rows_drawer_and_focus(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/attempts")
    settled(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("tbody tr").nth(1)
    expect(second).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Attempt")
    expect(drawer.get_by_text("Proof")).to_be_visible()
    opened = re.search(r"open=([^&]+)", page.url).group(1)
    assert opened == second.get_attribute("data-row")
    # The focus stays inside.
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.press("j")
    until(page, "before => !location.hash.includes(before)", opened)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    assert "open=" not in page.url
    watched.expect_silence()


def test_search(double, open_page):
    page = sign_in(open_page(), double.url)
    settled(page)
    page.keyboard.press("/")
    box = page.locator("[data-search]")
    expect(box).to_be_focused()
    expect(page.get_by_text("the precise reason of a failure")).to_be_visible()
    page.keyboard.type("code:phone_invalid source:web_form")
    page.keyboard.press("Enter")
    until(page, "() => location.hash.includes('code=phone_invalid') && location.hash.includes('source=web_form')")
    page.keyboard.press("Escape")
    settled(page)
    expect(page.locator("tbody tr").first).to_contain_text("phone_invalid")
    assert page.locator("tbody tr").filter(has_not_text="phone_invalid").count() == 0
    expect(page.locator(".chip")).to_have_count(2)


def test_periods_live_and_help(double, open_page):
    page = sign_in(open_page(), double.url)
    settled(page)
    page.keyboard.press("[")
    until(page, "() => location.hash.includes('date=')")
    expect(page.get_by_role("button", name="Choose the time range")).to_contain_text("Yesterday")
    expect(page.get_by_role("switch")).to_have_text("Past")
    page.keyboard.press("]")
    until(page, "() => !location.hash.includes('date=')")
    page.keyboard.press("l")
    expect(page.get_by_role("switch")).to_have_text("Paused")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard commands")
    expect(help_).to_be_visible()
    expect(help_.locator("kbd", has_text="?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_).to_have_count(0)


def test_pages_load_as_the_end_comes_near(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/attempts?range=7d")
    settled(page)
    expect(page.locator("tbody tr")).to_have_count(100)
    page.keyboard.press("End")
    until(page, "() => document.querySelectorAll('tbody tr').length >= 200")
    rows = page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.row)")
    assert len(rows) == len(set(rows))
    watched.expect_silence()


def test_facets_narrow_and_back_widens(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts")
    settled(page)
    all_ = page.locator("#content h2").filter(has_text="attempts").first.inner_text()
    page.get_by_role("checkbox", name=re.compile("^failure")).check()
    until(page, "() => location.hash.includes('outcome=failure')")
    settled(page)
    assert page.locator("tbody tr").filter(has_text="Success").count() == 0
    page.go_back()
    settled(page)
    assert page.locator("#content h2").filter(has_text="attempts").first.inner_text() == all_


FOCUSED_ROW = "() => document.activeElement.closest('tr')?.dataset.row ?? document.activeElement.closest('tr')?.querySelector('a')?.getAttribute('href') ?? null"


@pytest.mark.parametrize("fragment", ["#/days", "#/trends", "#/failures?range=7d", "#/funnel", "#/attempts"])
def test_rows_take_the_focus_and_back_returns_to_it(double, open_page, fragment):
    page = sign_in(open_page(), double.url, fragment)
    settled(page)
    page.keyboard.press("j")
    first = page.evaluate(FOCUSED_ROW)
    assert first is not None
    page.keyboard.press("j")
    page.keyboard.press("j")
    third = page.evaluate(FOCUSED_ROW)
    page.keyboard.press("k")
    reached = page.evaluate(FOCUSED_ROW)
    assert len({first, reached, third}) == 3
    before = page.url
    page.keyboard.press("Enter")
    until(page, "before => location.href !== before", before)
    if fragment == "#/attempts":
        page.get_by_role("dialog", name="Attempt").get_by_role("link", name="Open page").click()
        page.get_by_role("heading", name=re.compile(r"^Attempt \d")).wait_for()
        page.go_back()
    settled(page)
    page.go_back()
    until(page, "before => location.href === before", before)
    settled(page)
    until(page, f"reached => ({FOCUSED_ROW})() === reached", reached)


def test_the_drawer_gives_the_focus_back_to_its_row(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts")
    settled(page)
    row = page.locator("tbody tr").nth(3)
    row.locator("td").nth(2).click()
    drawer = page.get_by_role("dialog", name="Attempt")
    drawer.get_by_text("Proof").wait_for()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    assert page.evaluate(FOCUSED_ROW) == row.get_attribute("data-row")
    # The row that was looked at last, when the drawer went on to others.
    page.keyboard.press("Enter")
    drawer.get_by_text("Proof").wait_for()
    page.keyboard.press("j")
    until(page, "row => location.hash.includes(row)", page.locator("tbody tr").nth(4).get_attribute("data-row"))
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    until(page, f"row => ({FOCUSED_ROW})() === row", page.locator("tbody tr").nth(4).get_attribute("data-row"))


def test_actions(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/attempts?outcome=failure")
    settled(page)
    page.keyboard.press("j")
    page.keyboard.press(".")
    actions = page.get_by_role("dialog", name="Actions")
    expect(actions.get_by_role("button", name="Open the page of this attempt")).to_be_focused()
    page.keyboard.press("j")
    expect(actions.get_by_role("button", name="Clear the filters")).to_be_focused()
    page.keyboard.press("Enter")
    expect(actions).to_have_count(0)
    until(page, "() => !location.hash.includes('outcome')")
    page.keyboard.press("g")
    page.keyboard.press("d")
    settled(page)
    for key in ["j", "j", "Enter"]:
        page.keyboard.press(key)
    page.get_by_role("button", name="Verify").wait_for()
    page.keyboard.press(".")
    actions.get_by_role("button", name="Verify this day").click()
    until(page, "() => location.hash.includes('job=verify')")
    page.keyboard.press(".")
    page.keyboard.press("Escape")
    expect(actions).to_have_count(0)
    watched.expect_silence()


def test_a_button_that_was_off_for_a_moment_keeps_the_focus(double, open_page):
    """The browser takes it away when it draws the page; whoever pressed the button has not gone anywhere."""
    page = open_page().page
    page.clock.install()
    sign_in_here(page, double.url, "#/days")
    settled(page)
    page.locator(".days-table .row-link").nth(1).click()
    settled(page)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 5)
    verify = page.get_by_role("button", name="Verify")
    verify.focus()
    verify.evaluate("button => { button.disabled = true }")
    until(page, "() => document.activeElement === document.body")
    verify.evaluate("button => { button.disabled = false }")
    expect(verify).to_be_focused()
    # One that stays off gives it to what is around it.
    verify.evaluate("button => { button.disabled = true }")
    until(page, "() => document.activeElement === document.body")
    page.clock.run_for(200)
    expect(panel(page, "Seal")).to_be_focused()


def sign_in_here(page, url: str, fragment: str) -> None:
    page.goto(f"{url}/{fragment}")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".rail").wait_for()
