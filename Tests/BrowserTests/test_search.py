"""What is typed into the search box is searched, or refused with the reason; it is never quietly something else."""

import re

from playwright.sync_api import expect

from conftest import settled, sign_in


def type_and_search(page, text: str) -> None:
    page.locator("[data-search]").fill(text)
    page.keyboard.press("Enter")


def test_what_cannot_be_searched_stays_with_its_reason(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?range=7d")
    settled(page)
    address = page.url
    for text, reason in [
        ("date:tomorrow", "write a date as YYYY-MM-DD"), ("date:2026-11-01 date:2026-11-02", "a search is about one day"),
        ("outcome:failed", "an outcome is success or failure"),
    ]:
        type_and_search(page, text)
        expect(page.get_by_role("alert")).to_contain_text(reason)
        assert page.url == address
        # Also when somebody has looked elsewhere meanwhile.
        page.get_by_role("heading", level=2).first.click()
        expect(page.get_by_role("alert")).to_contain_text(reason)
        expect(page.locator("[data-search]")).to_have_value(text)
    page.locator("[data-search]").fill("outcome:failure")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("outcome=failure"))


def test_days_by_name(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts")
    settled(page)
    type_and_search(page, "date:yesterday")
    expect(page).to_have_url(re.compile(r"date=\d{4}-\d\d-\d\d"))
    yesterday = re.search(r"date=([\d-]+)", page.url).group(1)
    type_and_search(page, "date:today")
    expect(page).not_to_have_url(re.compile(yesterday))


def test_a_word_with_a_colon_is_a_word_to_the_server(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts")
    settled(page)
    with page.expect_request(lambda request: "/v1/attempts?" in request.url and "bogus" in request.url) as asked:
        type_and_search(page, "bogus:xx")
    assert "q=%22bogus%3Axx%22" in asked.value.url
    expect(page.locator("[data-search]")).to_have_value('"bogus:xx"')
    with page.expect_request(lambda request: "/v1/attempts?" in request.url and "example.com" in request.url) as asked:
        page.evaluate("location.hash = '#/attempts?q=' + encodeURIComponent('https://example.com/a')")
    assert "q=%22https%3A%2F%2Fexample.com%2Fa%22" in asked.value.url


def test_what_a_caller_holds_needs_no_field(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?range=7d&outcome=success")
    settled(page)
    row = page.locator(".attempts-table tbody tr").first
    attempt, lead = row.get_attribute("data-row"), row.locator(".attempts-reason [title]").get_attribute("title")
    page.evaluate("location.hash = '#/attempts'")
    settled(page)
    type_and_search(page, lead)
    expect(page).to_have_url(re.compile(r"range=1y.*q=lead%3A" + lead))
    expect(page.locator(".attempts-table tbody tr")).to_have_count(1)
    page.evaluate("location.hash = '#/attempts'")
    settled(page)
    type_and_search(page, "ana@example.com")
    expect(page).to_have_url(re.compile(r"range=1y.*q=email%3Aana%40example.com"))
    type_and_search(page, attempt)
    expect(page).to_have_url(re.compile(f"#/attempts/{attempt}"))
