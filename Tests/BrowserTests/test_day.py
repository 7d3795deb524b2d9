"""A day's page: its times have dates, its hours end now, it fits a telephone, and a date that is no day is explained."""

import datetime
import re

from playwright.sync_api import expect

from conftest import panel, settled, sign_in

DATED = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w{3} \d\d:\d\d")


def closed_day(page) -> None:
    page.locator(".days-table .row-link").nth(1).click()
    page.get_by_text("cannot be rewritten").wait_for()
    settled(page)


def test_times_on_another_day_have_their_date(double, open_page):
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    closed_day(page)
    panel(page, "Seal").get_by_role("button", name="Verify").click()
    page.locator(".day-marks").get_by_text("Checked").wait_for()
    settled(page)
    # Sealed in the first minutes of the next day, checked and written today.
    for time in page.locator(".day-marks time, .report-facts time, .seal time").all():
        assert DATED.fullmatch(time.inner_text()), time.inner_text()


def test_the_hour_that_goes_on_is_hatched(double, open_page):
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    page.locator(".days-table .row-link").first.click()
    settled(page)
    hours = panel(page, "By hour").locator("svg").first
    assert hours.locator("[fill^='url(#']").count() > 0
    page.go_back()
    settled(page)
    closed_day(page)
    assert panel(page, "By hour").locator("svg").first.locator("[fill^='url(#']").count() == 0


def test_on_a_telephone_codes_are_read_and_counted(double, open_page):
    page = sign_in(open_page(width=360, height=800), double.url, "#/days")
    settled(page)
    closed_day(page)
    expect(panel(page, "Why attempts failed").locator("tbody tr").first).to_be_visible()
    expect(panel(page, "Why attempts failed").locator("tbody .group-bar").first).to_be_hidden()
    page.evaluate("location.hash = '#/failures?range=7d'")
    settled(page)
    table = page.locator(".failure-wide")
    count = table.get_by_role("columnheader", name="Count").bounding_box()
    assert count is not None and count["x"] + count["width"] <= 360
    for hidden in ["First seen", "Last seen", "Trend"]:
        expect(table.get_by_role("columnheader", name=hidden)).to_have_count(0)


def test_a_date_that_is_no_day_is_explained(double, open_page):
    page = sign_in(open_page(), double.url, f"#/days/{datetime.date.today() + datetime.timedelta(days=40)}")
    expect(page.get_by_text("has not begun")).to_be_visible()
    double.faults({"path": "/v1/projects/prj_northwind/days/2020-01-01", "mode": "unknown_day", "times": 99})
    page.evaluate("location.hash = '#/days/2020-01-01'")
    expect(page.get_by_text("Nothing is on record of Wednesday 1 January 2020")).to_be_visible()
    expect(page.get_by_text("its first day is")).to_be_visible()
    for name in ["Retry", "Write the report"]:
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_days_that_were_never_checked_can_all_be_reached(double, open_page):
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    look = page.locator(".days-look > div").filter(has_text="Never checked")
    before = look.get_by_role("link").count()
    more = look.get_by_role("button", name=re.compile(r"and \d+ more"))
    left = int(re.search(r"\d+", more.inner_text()).group())
    more.click()
    expect(look.get_by_role("link")).to_have_count(before + left)
    expect(more).to_have_count(0)


def test_the_help_shows_keys_as_they_stand_on_the_keyboard(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts")
    settled(page)
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard commands")
    expect(help_.get_by_text("\u2193", exact=True)).to_be_visible()
    expect(help_.get_by_text("ArrowDown")).to_have_count(0)
