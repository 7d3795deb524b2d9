"""Every screen: shows its answer, keeps the browser's console silent, has no accessibility violation, fits."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import ARTIFACTS, settled, sign_in

SCREENS = {
    "today": ("#/today", re.compile(r"attempts? today")),
    "attempts": ("#/attempts", re.compile(r"\d+ attempts")),
    "days": ("#/days", re.compile(r"closed days")),
    "funnel": ("#/funnel", re.compile(r"reached the end")),
    "failures": ("#/failures?range=7d", re.compile(r"failures among")),
    "system": ("#/system", re.compile(r"Stores answer")),
    "settings": ("#/settings", re.compile(r"API keys")),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_screen_answers_in_silence(double, open_page, screen):
    fragment, answer = SCREENS[screen]
    watched = open_page()
    page = sign_in(watched, double.url, fragment)
    expect(page.locator("#content").get_by_text(answer).first).to_be_visible()
    settled(page)
    expect(page.locator(".notice")).to_have_count(0)
    watched.expect_silence()


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{entry['id']}: {node['target']} {node.get('failureSummary', '')}" for entry in found for node in entry["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [*SCREENS, "day", "drawer", "sign_in", "empty"])
def test_no_accessibility_violation(double, open_page, screen, scheme):
    watched = open_page(scheme=scheme)
    page = watched.page
    if screen == "sign_in":
        page.goto(double.url)
        page.get_by_label("Email").wait_for()
        assert violations(page) == []
        return
    if screen == "empty":
        double.world(days=0)
    fragment = {"day": "#/days", "drawer": "#/attempts?outcome=failure", "empty": "#/today"}.get(screen) or SCREENS[screen][0]
    page = sign_in(watched, double.url, fragment)
    settled(page)
    if screen == "day":
        page.locator(".days-table .row-link").nth(1).click()
        page.get_by_text("This day is closed").wait_for()
        settled(page)
    if screen == "drawer":
        page.locator(".row-link").first.click()
        page.get_by_role("dialog").get_by_text("Proof").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
@pytest.mark.parametrize("screen", [*SCREENS, "day"])
def test_nothing_is_wider_than_the_window(double, open_page, screen, width):
    watched = open_page(width=width)
    fragment = SCREENS["days"][0] if screen == "day" else SCREENS[screen][0]
    page = sign_in(watched, double.url, fragment)
    settled(page)
    if screen == "day":
        page.locator(".days-table .row-link").nth(1).click()
        settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The rail is a bar at the bottom of a small screen, and everything in it can be reached.
    rail = page.locator(".rail").bounding_box()
    assert rail is not None
    if width < 640:
        assert rail["y"] > 400 and rail["width"] == width


def test_numbers_of_the_panels_agree(double, open_page):
    page = sign_in(open_page(), double.url, "#/today")
    settled(page)
    attempts = page.locator(".figure-value").first.inner_text()
    page.locator(".sentence a").first.click()
    expect(page.get_by_role("heading", name=re.compile(r"^\d.* attempts?$"))).to_have_text(re.compile(rf"^{attempts} attempts?$"))


def test_day_with_its_report_snapshot_and_seal(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/days")
    page.locator(".days-table .row-link").nth(1).click()
    expect(page.get_by_text("Merkle root")).to_be_visible()
    for title in ["Executive summary", "User behaviour", "System behaviour", "Misconfiguration signals", "Confidence and scope"]:
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text("ollama pull")).to_be_visible()
    expect(page.get_by_role("heading", name="By source", exact=True)).to_be_visible()
    double.faults({"path": "/v1/projects/prj_northwind/days", "mode": "slow", "ms": 1500, "times": 1})
    page.get_by_role("button", name="Write a new version").click()
    expect(page.locator(".progress")).to_be_visible()
    expect(page.get_by_text("version 2")).to_be_visible()
    expect(page.locator(".progress")).to_have_count(0)
    watched.expect_silence()


def test_api_key_is_shown_once(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/settings")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("dialog").get_by_role("button", name="Create key").click()
    expect(page.get_by_role("alert").get_by_text("Give the key a name")).to_be_visible()
    page.get_by_label("Name").fill("Website")
    page.get_by_role("dialog").get_by_role("button", name="Create key").click()
    expect(page.locator("[data-new-key]")).to_have_text(re.compile(r"^dbk_\w{20,}$"))
    page.get_by_role("button", name="I have copied it").click()
    expect(page.locator("[data-new-key]")).to_have_count(0)
    row = page.get_by_role("row", name=re.compile("Website"))
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(row.get_by_text("revoked")).to_be_visible()
    watched.expect_silence()


def test_theme_and_density_are_kept(double, open_page):
    page = sign_in(open_page(scheme="light"), double.url, "#/attempts")
    settled(page)
    before = page.locator("tbody tr").first.bounding_box()["height"]
    page.get_by_role("button", name="Looks").click()
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Compact").click()
    page.reload()
    settled(page)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("tbody tr").first.bounding_box()["height"] < before


def test_csv_of_a_chart(double, open_page):
    page = sign_in(open_page(), double.url, "#/funnel")
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").first.click()
    text = open(download.value.path(), encoding="utf-8", newline="").read()
    assert text.startswith("Step,Sessions,") and text.count("\r\n") == 9


def test_the_page_runs_under_its_policy(double, open_page):
    """The double sends the same strict policy as the product: nothing inline may run or style."""
    watched = open_page()
    page = sign_in(watched, double.url, "#/today")
    settled(page)
    assert page.evaluate("document.querySelectorAll('script:not([src]), style, [style]:not(.tip)').length") == 0
    watched.expect_silence()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_in_all_its_states(double, open_page, scheme):
    """Kept as a picture, to look at after a change of the design."""
    watched = open_page(scheme=scheme)
    page = sign_in(watched, double.url, "#/parts")
    expect(page.get_by_text("This panel cannot show what it received")).to_be_visible()
    expect(page.get_by_text("Off by 6")).to_be_visible()
    page.locator(".bone").first.wait_for()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(ARTIFACTS / f"parts-{scheme}.png"), full_page=True)
    assert violations(page) == []
