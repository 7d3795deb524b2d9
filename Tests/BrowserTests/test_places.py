"""Nobody loses their place: in a long list, by Back, when a button goes away, when rows come."""

import re

import pytest
from playwright.sync_api import expect

from conftest import panel, settled, sign_in, until

FOCUSED = "() => document.activeElement !== document.body"
ROWS = ".attempts-table tbody tr"


def test_back_finds_the_place_in_a_long_list(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?range=7d&live=off")
    settled(page)
    for rows in [100, 200]:
        expect(page.locator(ROWS)).to_have_count(rows)
        page.locator(ROWS).last.scroll_into_view_if_needed()
    until(page, f"() => document.querySelectorAll('{ROWS}').length >= 300")
    row = page.locator(ROWS).nth(240)
    row.scroll_into_view_if_needed()
    name = row.get_attribute("data-row")
    row.locator("td").nth(2).click()
    page.get_by_role("dialog", name="Attempt").get_by_role("link", name="Open page").click()
    page.get_by_role("heading", name=re.compile(r"^Attempt \d")).wait_for()
    page.go_back()
    page.get_by_role("dialog", name="Attempt").wait_for()
    page.go_back()
    expect(page.get_by_role("dialog", name="Attempt")).to_have_count(0)
    until(page, f"() => document.querySelectorAll('{ROWS}').length >= 300")
    expect(page.locator(f"[data-row={name}]")).to_be_in_viewport()


def test_rows_that_come_wait_while_somebody_is_at_one(double, open_page):
    """The list does not move away under the pointer; a button says how many came."""
    watched = open_page()
    page = watched.page
    page.clock.install()
    held_back = 3
    sign_in(watched, double.url, "#/today")
    settled(page)

    def without_the_newest(route):
        answer = route.fetch()
        body = answer.json()
        body["attempts"] = body["attempts"][held_back:]
        route.fulfill(response=answer, json=body)

    page.route(re.compile("/v1/attempts[?]"), without_the_newest)
    page.evaluate("location.hash = '#/attempts?range=7d'")
    settled(page)
    first = page.locator(ROWS).first
    name = first.get_attribute("data-row")
    first.hover()
    page.unroute(re.compile("/v1/attempts[?]"))
    with page.expect_response(lambda response: "/v1/attempts?" in response.url):
        page.clock.run_for(11_000)
    button = page.get_by_role("button", name="3 new attempts")
    expect(button).to_be_visible()
    assert page.locator(ROWS).first.get_attribute("data-row") == name
    button.click()
    expect(page.locator(ROWS).nth(held_back)).to_have_attribute("data-row", name)
    expect(button).to_have_count(0)


def test_back_returns_to_the_figure_of_a_report(double, open_page):
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    page.locator(".days-table .row-link").nth(1).click()
    settled(page)
    figure = panel(page, "Report").locator("a.grounded-figure").nth(1)
    figure.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile(r"attempts?$")).wait_for()
    page.go_back()
    settled(page)
    expect(panel(page, "Report").locator("a.grounded-figure").nth(1)).to_be_focused()


def test_what_goes_away_leaves_the_focus_near(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/settings")
    settled(page)
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Website")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="I have copied it").click()
    row = page.get_by_role("row", name=re.compile("Website"))
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(row).to_contain_text("revoked")
    # Where the button was.
    until(page, "() => document.activeElement.matches('[aria-label=\"Keys of this project\"]')")
    page.evaluate("location.hash = '#/settings/sources/web_form'")
    settled(page)
    page.get_by_label("purpose is required").check()
    page.get_by_role("button", name="Save as version 3").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settled(page)
    until(page, FOCUSED)
    watched.expect_silence()


def test_an_import_begun_by_enter_keeps_the_focus(double, open_page, tmp_path):
    file = tmp_path / "few.csv"
    file.write_text("email,state\nana@example.com,CA\n")
    page = sign_in(open_page(), double.url, "#/settings/import")
    settled(page)
    page.locator("input[type=file]").set_input_files(str(file))
    button = page.get_by_role("button", name=re.compile("^Import"))
    button.wait_for()
    button.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("import/job_"))
    settled(page)
    until(page, FOCUSED)


@pytest.mark.parametrize("way", ["Escape", "beside", "keys"])
def test_a_secret_is_put_away_by_its_button_alone(double, open_page, way):
    page = sign_in(open_page(), double.url, "#/settings")
    settled(page)
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Website")
    page.keyboard.press("Enter")
    secret = page.locator("[data-new-key]")
    expect(secret).to_be_visible()
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_focused()
    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "beside":
        page.mouse.click(5, 450)
    else:
        page.keyboard.press("g")
        page.keyboard.press("t")
        page.keyboard.press("?")
    expect(secret).to_be_visible()
    if way != "keys":
        expect(page.get_by_role("alert").filter(has_text="It would be lost")).to_be_visible()
    page.get_by_role("button", name="I have copied it").click()
    expect(secret).to_have_count(0)
    # The keys are in force again.
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile("#/today"))


@pytest.mark.parametrize("address", ["settings/bogus", "system/bogus", "settings/people"])
def test_a_place_that_there_is_not(double, open_page, address):
    page = sign_in(open_page(), double.url, f"#/{address}")
    expect(page.get_by_text("There is no page at this address")).to_be_visible()
    expect(page.locator("#content code").first).to_have_text(address)


def test_a_copied_address_names_its_project(double, open_page):
    page = sign_in(open_page(permissions=["clipboard-read", "clipboard-write"]), double.url, "#/attempts")
    settled(page)
    page.locator(ROWS).first.locator("td").nth(2).click()
    page.get_by_role("dialog").get_by_role("button", name="Copy the address").click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert "project=prj_northwind" in copied and copied.startswith(page.url.split("#")[0])
    assert "project=" not in page.url


def test_what_goes_into_a_ticket(double, open_page):
    """An attempt and a report as text that says the same as the page."""
    page = sign_in(open_page(permissions=["clipboard-read", "clipboard-write"], accept_downloads=True), double.url, "#/attempts?outcome=failure&code=email_invalid&range=7d")
    settled(page)
    name = page.locator(ROWS).first.get_attribute("data-row")
    page.evaluate("name => { location.hash = `#/attempts/${name}` }", name)
    settled(page)
    page.get_by_role("button", name="Copy summary").click()
    told = page.evaluate("() => navigator.clipboard.readText()")
    assert "email_invalid" in told and f"#/attempts/{name}?project=prj_northwind" in told and " UTC)" in told
    page.evaluate("location.hash = '#/days'")
    settled(page)
    page.locator(".days-table .row-link").nth(1).click()
    settled(page)
    page.get_by_role("button", name="Copy as text").click()
    assert "Executive summary" in page.evaluate("() => navigator.clipboard.readText()")
    with page.expect_download() as file:
        page.get_by_role("button", name="Download Markdown").click()
    assert re.fullmatch(r"report-\d{4}-\d\d-\d\d-v\d+\.md", file.value.suggested_filename)
