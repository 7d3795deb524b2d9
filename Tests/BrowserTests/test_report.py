"""A report of a day that goes on: it says until when it counted, and what came since."""

import re

from playwright.sync_api import expect

from conftest import panel, settled, sign_in

SINCE = re.compile(r"As of .*\d\d:\d\d; ([\d,]+) attempts? since")


def counted_since(note) -> int:
    return int(SINCE.search(note.inner_text()).group(1).replace(",", ""))


def test_an_older_report_says_so(double, open_page):
    double.world(days=24, old_report=1)
    watched = open_page()
    page = sign_in(watched, double.url, "#/today")
    settled(page)
    excerpt = panel(page, "The day explained").get_by_role("note").filter(has_text="As of")
    expect(excerpt).to_have_text(SINCE)
    total = int(page.locator(".figure-value").first.inner_text().replace(",", ""))
    told = int(re.match(r"[\d,]+", panel(page, "The day explained").locator(".excerpt-text").first.inner_text()).group().replace(",", ""))
    assert told + counted_since(excerpt) == total
    excerpt.get_by_role("link").click()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile(rf"^{total - told:,} attempts?$"))).to_be_visible()
    page.go_back()
    settled(page)
    # The figure's link ends where the report does.
    panel(page, "The day explained").get_by_role("link", name="Full report").click()
    settled(page)
    expect(panel(page, "Report").get_by_role("note").filter(has_text="As of")).to_have_text(SINCE)
    expect(panel(page, "Report").locator(".report-facts dd").last).to_have_text(re.compile(r" of .*\d\d:\d\d$"))
    figure = panel(page, "Report").locator("a.grounded-figure").first
    figure.hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Opens its attempts until")
    figure.click()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile(rf"^{told:,} attempts?$"))).to_be_visible()
    watched.expect_silence()


def test_a_report_without_the_time_of_its_snapshot_guesses_none(double, open_page):
    double.world(days=24, old_report=1, snapshot_at=0)
    page = sign_in(open_page(), double.url, "#/today")
    settled(page)
    excerpt = panel(page, "The day explained")
    expect(excerpt.locator(".excerpt-text").first).to_be_visible()
    expect(excerpt.get_by_text("As of")).to_have_count(0)
    excerpt.get_by_role("link", name="Full report").click()
    settled(page)
    expect(panel(page, "Report").locator(".report-facts")).to_contain_text("Snapshot")
    expect(panel(page, "Report").locator(".report-facts")).not_to_contain_text(" of ")
    expect(panel(page, "Report").get_by_text("As of")).to_have_count(0)


def test_it_is_written_again_from_today(double, open_page):
    double.world(days=24, old_report=1)
    page = sign_in(open_page(), double.url, "#/today")
    settled(page)
    panel(page, "The day explained").get_by_role("button", name="Write it again").click()
    expect(page).to_have_url(re.compile("job=report"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(panel(page, "Report").get_by_text("Executive summary")).to_be_visible()
    expect(panel(page, "Report").get_by_role("note").filter(has_text="As of")).to_have_count(0)


def test_writing_begins_at_once_and_once(double, open_page):
    double.world(days=24, reports=0)
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    page.locator(".days-table .row-link").nth(1).click()
    settled(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" and "/report" in request.url else None)
    double.faults({"path": "/v1/projects", "mode": "slow", "ms": 900, "times": 99})
    button = panel(page, "Report").get_by_role("button", name="Write the report")
    button.dblclick()
    expect(panel(page, "Report").get_by_role("button", name="Starting")).to_be_disabled()
    double.faults()
    expect(panel(page, "Report").get_by_text("Executive summary")).to_be_visible()
    assert len(asked) == 1


def test_a_day_on_average_is_of_whole_days(double, open_page):
    """As on Trends: the day that goes on is a part of one."""
    page = sign_in(open_page(), double.url, "#/today")
    settled(page)
    all_time = panel(page, "Against all time")
    cells = all_time.get_by_role("row", name=re.compile("^Attempts")).locator("td")
    today, average, total = (int(cells.nth(index).inner_text().replace(",", "")) for index in (1, 2, 3))
    days = int(re.search(r"(\d+) days", all_time.locator(".today-since").inner_text()).group(1))
    assert average == round((total - today) / (days - 1)) != round(total / days)
