"""Every screen: shows its answer, keeps the browser's console silent, has no accessibility violation, fits."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import ARTIFACTS, settled, sign_in, until

# Where each screen is, and what it answers in words.
SCREENS = {
    "today": ("#/today", re.compile(r"attempts? today")),
    "attempts": ("#/attempts", re.compile(r"\d+ attempts")),
    "days": ("#/days", re.compile(r"closed days")),
    "trends": ("#/trends", re.compile(r"in the last four weeks")),
    "funnel": ("#/funnel", re.compile(r"reached the end")),
    "failures": ("#/failures?range=7d", re.compile(r"failures among")),
    "system": ("#/system", re.compile(r"Stores answer")),
    "settings": ("#/settings", re.compile(r"API keys")),
}
WIDTHS = [360, 768, 1280, 1920]
# What ends to the right of the window.
SPILLS = """() => [...document.querySelectorAll("#content *")].filter(one => one.getBoundingClientRect().right > window.innerWidth && !one.closest(".table-scroll, .trends-table, .snippet"))
    .slice(0, 9).map(one => `${one.tagName.toLowerCase()}.${one.getAttribute("class")}: ${(one.textContent ?? "").slice(0, 40)}`)"""


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{entry['id']}: {node['target']} {node.get('failureSummary', '')}" for entry in found for node in entry["nodes"]]


def expect_accessible(page) -> None:
    """In the light and in the dark."""
    for scheme in ["light", "dark"]:
        page.emulate_media(color_scheme=scheme)
        until(page, "scheme => document.documentElement.dataset.theme === scheme", scheme)
        assert violations(page) == [], scheme


def expect_to_fit(page) -> None:
    """Nothing is wider than the window, from a telephone to a large screen."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        until(page, "width => window.innerWidth === width", width)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width}: {page.evaluate(SPILLS)}"
    # The rail is a bar at the bottom of a small screen, and everything in it can be reached.
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    rail = page.locator(".rail").bounding_box()
    assert rail is not None and rail["y"] > 400 and rail["width"] == WIDTHS[0]


@pytest.mark.parametrize("screen", SCREENS)
def test_screen(double, open_page, screen):
    """Answers in words, in silence; no accessibility violation; fits every window."""
    fragment, answer = SCREENS[screen]
    watched = open_page()
    page = sign_in(watched, double.url, fragment)
    expect(page.locator("#content").get_by_text(answer).first).to_be_visible()
    settled(page)
    expect(page.locator(".notice")).to_have_count(0)
    expect_accessible(page)
    expect_to_fit(page)
    watched.expect_silence()


def test_day_and_attempt_fit_and_are_accessible(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/days")
    page.locator(".days-table .row-link").nth(2).click()
    page.get_by_text("cannot be rewritten").wait_for()
    settled(page)
    expect_accessible(page)
    expect_to_fit(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("region", name="Late attempts").get_by_role("link").first.click()
    expect(page.get_by_text("Recomputed in this browser")).to_be_visible()
    settled(page)
    expect_accessible(page)
    expect_to_fit(page)
    watched.expect_silence()


@pytest.mark.parametrize("place", ["sign_in", "drawer", "empty"])
def test_other_places_are_accessible(double, open_page, place):
    watched = open_page()
    page = watched.page
    if place == "sign_in":
        page.goto(double.url)
        page.get_by_label("Email").wait_for()
    elif place == "empty":
        double.world(days=0)
        for fragment in ["#/days", "#/trends", "#/attempts", "#/today"]:
            page = sign_in(watched, double.url, fragment) if fragment == "#/days" else page
            page.evaluate("fragment => { location.hash = fragment }", fragment)
            settled(page)
            expect(page.locator(".empty").first).to_be_visible()
            assert violations(page) == [], fragment
    else:
        page = sign_in(watched, double.url, "#/attempts?outcome=failure")
        settled(page)
        page.locator(".row-link").first.click()
        page.get_by_role("dialog").get_by_text("Proof").wait_for()
    expect_accessible(page)
    watched.expect_silence()


def test_numbers_of_the_panels_agree(double, open_page):
    page = sign_in(open_page(), double.url, "#/today")
    settled(page)
    attempts = page.locator(".figure-value").first.inner_text()
    page.locator(".sentence a").first.click()
    expect(page.get_by_role("heading", name=re.compile(r"^\d.* attempts?$"))).to_have_text(re.compile(rf"^{attempts} attempts?$"))


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


def test_every_part_in_all_its_states(double, open_page):
    """Kept as pictures, to look at after a change of the design."""
    watched = open_page()
    page = sign_in(watched, double.url, "#/parts")
    expect(page.get_by_text("This panel cannot show what it received")).to_be_visible()
    expect(page.get_by_text("Off by 6")).to_be_visible()
    page.locator(".bone").first.wait_for()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for scheme in ["light", "dark"]:
        page.emulate_media(color_scheme=scheme)
        until(page, "scheme => document.documentElement.dataset.theme === scheme", scheme)
        page.screenshot(path=str(ARTIFACTS / f"parts-{scheme}.png"), full_page=True)
        assert violations(page) == [], scheme


def test_long_names_push_nothing_away(double, open_page):
    """Names of sources and channels may have 64 characters."""
    double.world(days=24, long_names=1)
    watched = open_page()
    page = sign_in(watched, double.url, "#/attempts")
    settled(page)
    expect(page.locator("tbody tr").filter(has_text="partner_api_with").first).to_be_visible()
    expect_to_fit(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator("td.attempts-reason").first.bounding_box()["width"] >= 180
    name = page.locator("td.attempts-source .name", has_text="partner_api_with").first
    assert len(name.get_attribute("title")) == 64
    row = page.locator("tbody tr").filter(has_text="partner_api_with").first.get_attribute("data-row")
    for fragment in [f"#/attempts/{row}", f"#/attempts?open={row}", "#/funnel", "#/failures", "#/today", "#/trends"]:
        page.evaluate("fragment => { location.hash = fragment }", fragment)
        settled(page)
        expect_to_fit(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("() => { location.hash = '#/days' }")
    settled(page)
    page.locator(".days-table .row-link").first.click()
    page.get_by_role("region", name="Failures by code").wait_for()
    settled(page)
    expect_to_fit(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        until(page, "width => window.innerWidth === width", width)
        for region in ["Failures by code", "Attempts by source", "Attempts by channel"]:
            table = page.get_by_role("region", name=region)
            assert table.evaluate("table => table.scrollWidth - table.clientWidth") <= 0, f"{region} is cut at {width}"
    watched.expect_silence()


def test_paper_shows_what_the_page_says_alone(double, open_page):
    page = sign_in(open_page(scheme="dark"), double.url, "#/trends")
    settled(page)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.emulate_media(media="print", color_scheme="dark")
    for shown in [".rail", ".top-bar", ".scope-bar", ".chart-tools", ".trends-choices"]:
        expect(page.locator(shown).first).to_be_hidden()
    assert page.locator("#content .button:visible").count() == 0
    expect(page.locator(".sentence")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--text').trim()") == "#1c1d20"
    assert page.locator(".trends-table").evaluate("table => table.scrollHeight - table.clientHeight") <= 0


def test_times_of_messages_are_in_the_projects_zone(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?range=7d&code=rate_limit_user")
    settled(page)
    written_in_utc = re.compile(r"\d{4}-\d\d-\d\dT\d\d")
    row = page.locator("tbody tr").first
    expect(row.locator(".reason-category")).to_contain_text("The next submission passes at")
    expect(row).not_to_contain_text(written_in_utc)
    row.locator(".row-link").click()
    drawer = page.get_by_role("dialog", name="Attempt")
    expect(drawer.locator(".verdict")).to_have_text(re.compile(r"rate limit was reached\. The next submission passes at (\w{3} \d+ \w{3} )?\d\d:\d\d:\d\d\.$"))
    drawer.get_by_role("link", name="Open page").click()
    expect(page.locator("#content .verdict")).to_contain_text("The next submission passes at")
    expect(page.locator("#content .verdict")).not_to_contain_text(written_in_utc)


def test_what_is_not_known_is_not_zero(double, open_page):
    """Where nobody set a maximum of tries, no share of those who gave up; where no step was sent, no session at it."""
    double.world(days=24, no_maximum=1, no_steps=1)
    page = sign_in(open_page(), double.url, "#/failures?range=7d")
    settled(page)
    expect(page.get_by_role("columnheader", name="Last seen")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Gave up")).to_have_count(0)
    page.evaluate("() => { location.hash = '#/funnel' }")
    settled(page)
    expect(page.get_by_role("row", name=re.compile("^Visit"))).to_contain_text("not measured")
    expect(page.get_by_role("row", name=re.compile("^Visit"))).not_to_contain_text("%")
    expect(page.locator(".sentence")).to_contain_text("visit is not measured")
    expect(page.get_by_text("A session that reached a step counts for every step before it.")).to_be_visible()
    assert violations(page) == []
    double.world(days=24)
    page.evaluate("() => { location.hash = '#/failures?range=24h' }")
    settled(page)
    expect(page.get_by_role("columnheader", name="Gave up")).to_be_visible()


def test_a_project_without_attempts_is_told_how_to_get_some(double, open_page):
    """The open day is on record all the same: it must not pass for a history."""
    double.world(days=0)
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    expect(page.get_by_text("No day has begun")).to_be_visible()
    expect(page.locator(".sentence")).to_have_count(0)
    expect(page.get_by_label("Command", exact=True).first).to_contain_text("/v1/projects/prj_northwind/leads")
    expect(page.locator(".calendar, .days-table")).to_have_count(0)
    page.evaluate("() => { location.hash = '#/trends' }")
    settled(page)
    expect(page.get_by_text("No attempt is on record yet")).to_be_visible()
    expect(page.locator(".sentence, .chart, .figures")).to_have_count(0)
    expect(page.get_by_label("Command", exact=True).last).to_contain_text("--backfill 30d")


def test_a_day_tells_each_cause_once(double, open_page):
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    look = page.locator(".days-look")
    expect(look.get_by_role("heading", name="Worst")).to_be_visible()
    expect(look.get_by_role("heading", name="Never checked")).to_be_visible()
    # Three weeks and a half of days, so four or five columns: none of weeks before the first day.
    assert page.locator(".calendar g").count() <= 5
    page.evaluate("() => { location.hash = document.querySelector('.days-table .row-link').getAttribute('href') }")
    settled(page)
    signals = page.locator(".day-signals > li")
    cause = signals.filter(has_text="without their country code")
    expect(cause.get_by_role("list", name="Seen from other sides")).to_contain_text("lead.submission fails far more often")
    expect(cause).to_contain_text(re.compile(r"18\s%, usually 9\.7\s%"))
    assert violations(page) == []


def test_a_timeline_tells_the_date_once(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?range=7d&code=rate_limit_user")
    settled(page)
    page.locator(".row-link").first.click()
    drawer = page.get_by_role("dialog", name="Attempt")
    times = drawer.locator(".timeline-time")
    times.first.wait_for()
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d", text.strip()) for text in times.all_inner_texts())
    expect(drawer.locator(".timeline-date").first).to_have_text(re.compile(r"^\w{3} \d+ \w{3}$"))
    # What happened is not what is cut.
    code = drawer.locator(".timeline-here .timeline-what code").first
    assert code.evaluate("one => one.parentElement.scrollWidth - one.parentElement.clientWidth") <= 0
    drawer.get_by_role("link", name="Open page").click()
    expect(page.get_by_role("heading", name="Before and after")).to_be_visible()
    expect(page.get_by_text("Fields were not read").or_(page.get_by_role("region", name="Fields, rules and results")).first).to_be_visible()


@pytest.mark.parametrize("fragment, words", [
    ("#/today", ["Through the day", "Attempts, ", "Leads", "Failures"]),
    ("#/trends", ["Share of attempts that failed"]),
    ("#/funnel", ["Steps", "Sessions, ", "Visit"]),
    ("#/failures?range=7d", ["Failed attempts, Last 7 days, until ", "partner_api"]),
])
def test_a_picture_says_what_it_shows(double, open_page, fragment, words):
    """Title, unit, range, zone and legend are in the PNG: a chart in a letter has no page around it."""
    watched = open_page()
    watched.page.add_init_script("""
        window.__drawn = [];
        const draw = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { window.__drawn.push(text); return draw.call(this, text, ...rest); };
    """)
    page = sign_in(watched, double.url, fragment)
    settled(page)
    button = page.locator("figure", has=page.locator(".chart, .funnel, .heat")).get_by_role("button", name="PNG")
    with page.expect_download() as download:
        (button.last if fragment == "#/trends" else button.first).click()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    saved = ARTIFACTS / f"picture-{fragment[2:].split('?')[0]}.png"
    download.value.save_as(saved)
    drawn = page.evaluate("window.__drawn")
    said = " ".join(drawn)
    for word in [*words, "Northwind Lending, times in "]:
        assert word in said, f"{word!r} is not in the picture: {said[:400]}"
    assert saved.stat().st_size > 2_000
    watched.expect_silence()
