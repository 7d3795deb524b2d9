"""The support engineer's and the manager's day: find one attempt, prove it; look at a day, check it, explain it."""

import json
import re

from playwright.sync_api import expect

from conftest import panel, settled, sign_in, until


def hash_of(page) -> str:
    return page.evaluate("decodeURIComponent(location.hash)")


def closed_day(page, back: int = 1) -> str:
    """Opens a closed day from the list and gives its date."""
    page.locator(".days-table .row-link").nth(back).click()
    expect(page.get_by_text("cannot be rewritten")).to_be_visible()
    settled(page)
    return re.search(r"days/(\d{4}-\d\d-\d\d)", page.url).group(1)


# ---- Search ----------------------------------------------------------------------------------------------------------


def test_search_completes_and_finds_a_person(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/attempts")
    settled(page)
    page.keyboard.press("/")
    page.keyboard.type("out")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    box = page.locator("[data-search]")
    expect(box).to_have_value("outcome:")
    expect(page.get_by_role("option", name=re.compile("failure"))).to_be_visible()
    page.keyboard.type("fail")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(box).to_have_value("outcome:failure ")
    page.keyboard.press("Enter")
    until(page, "() => location.hash.includes('outcome=failure')")
    settled(page)
    # The double makes a person's address from the id that the row shows; some failures name nobody.
    user = page.locator("td.attempts-user span[title]").first.get_attribute("title")
    address = f"{user[4:10]}@example.com"
    page.keyboard.press("/")
    page.keyboard.type(f"email:{address}")
    page.keyboard.press("Enter")
    until(page, "() => location.hash.includes('range=1y')")
    settled(page)
    users = page.locator("td.attempts-user span").evaluate_all("cells => cells.map(cell => cell.title)")
    assert users and {one[4:10] for one in users} == {user[4:10]}
    expect(page.locator(".chip").filter(has_text=address)).to_be_visible()
    page.locator(".chip").filter(has_text=address).click()
    until(page, "() => !location.hash.includes('email')")
    watched.expect_silence()


def test_a_search_right_after_a_completion_leaves_the_box(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts")
    settled(page)
    page.keyboard.press("/")
    page.keyboard.type("outcome:fail")
    expect(page.get_by_role("option", name=re.compile("failure"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    # Both in one turn of the page, as a fast hand does on a slow machine: nothing is drawn between them.
    page.evaluate(
        """() => {
            const box = document.querySelector("[data-search]");
            box.dispatchEvent(new KeyboardEvent("keydown", { key: "Tab", bubbles: true, cancelable: true }));
            return new Promise((done) => queueMicrotask(() => {
                box.form.requestSubmit();
                requestAnimationFrame(() => requestAnimationFrame(done));
            }));
        }"""
    )
    until(page, "() => location.hash.includes('outcome=failure')")
    assert not page.evaluate("document.activeElement.hasAttribute('data-search')")
    page.keyboard.press("/")
    page.keyboard.type("legal")
    expect(page.locator("[data-search]")).to_have_value("legal")


def test_what_is_typed_after_the_search_key_is_no_command(double, open_page):
    page = sign_in(open_page(), double.url, "#/today")
    settled(page)
    # `l` alone turns the live view on, `g t` opens Today; here they are letters, however quickly they follow.
    landed = page.evaluate(
        """async () => {
            const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
            press("/");
            await Promise.resolve();
            return document.activeElement.hasAttribute("data-search");
        }"""
    )
    assert landed
    page.keyboard.type("legal")
    expect(page.locator("[data-search]")).to_have_value("legal")
    assert "#/attempts" in page.url and "live" not in page.url


def test_nothing_found_offers_a_longer_range(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?q=nosuchword")
    expect(page.get_by_text("No attempt matches")).to_be_visible()
    page.get_by_role("button", name="Look in the last 12 months").click()
    until(page, "() => location.hash.includes('range=1y')")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator("tbody tr").first).to_be_visible()


# ---- One attempt -----------------------------------------------------------------------------------------------------


def test_attempt_is_explained_and_proven(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/attempts?range=7d&code=phone_invalid&source=web_form")
    settled(page)
    page.locator("tbody tr[data-row]").nth(40).locator(".row-link").click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile(r"^Attempt [\d,]+$"))).to_be_visible()
    expect(page.get_by_text("Recomputed in this browser: the attempt is in the sealed day, unchanged.")).to_be_visible()
    for words in ["the fields give the attempt's hash", "leaf and path give the root", "the seal's signature holds"]:
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    failed = panel(page, "Fields").locator("tbody tr").first
    expect(failed).to_contain_text("/user/phone")
    expect(failed).to_contain_text("phone_invalid")
    expect(panel(page, "Fields")).to_contain_text("version 3 of web_form")
    expect(panel(page, "Limits").get_by_role("img")).to_have_attribute("aria-label", re.compile("of 5 used before this attempt"))
    expect(panel(page, "The same person").locator("[aria-current=true]")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    proof = json.loads(open(download.value.path(), encoding="utf-8").read())
    assert proof["attempt_id"] in page.url and len(proof["path"]) > 3
    before = page.url
    page.keyboard.press("[")
    until(page, "before => location.href !== before", before)
    page.keyboard.press("Escape")
    expect(page.locator("[data-search]")).to_be_visible()
    watched.expect_silence()


def test_a_proof_that_does_not_hold_is_told(double, open_page):
    double.world(days=24, broken_proofs=1)
    page = sign_in(open_page(), double.url, "#/attempts?range=7d")
    settled(page)
    identifier = page.locator("tbody tr[data-row]").last.get_attribute("data-row")
    page.evaluate("id => { location.hash = '#/days' }", identifier)
    date = closed_day(page)
    page.get_by_role("link", name="Attempts of this day").click()
    settled(page)
    page.evaluate("id => { location.hash = `#/attempts/${id}` }", page.locator("tbody tr[data-row]").first.get_attribute("data-row"))
    expect(page.get_by_text("The proof does not hold")).to_be_visible()
    expect(page.get_by_text("the fields give the attempt's hash: it does not")).to_be_visible()
    assert date


def test_a_limit_says_when_it_would_have_passed(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?range=7d&code=rate_limit_user")
    settled(page)
    page.locator(".row-link").first.click()
    drawer = page.get_by_role("dialog", name="Attempt")
    expect(drawer.get_by_text(re.compile(r"It would have passed at \d\d:\d\d:\d\d, 1\smin 12\ss later"))).to_be_visible()


# ---- Days ------------------------------------------------------------------------------------------------------------


def test_calendar_by_keyboard(double, open_page):
    page = sign_in(open_page(), double.url, "#/days")
    settled(page)
    page.locator(".calendar-day[tabindex='0']").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    focused = page.evaluate("document.activeElement.getAttribute('data-date')")
    expect(page.locator(".calendar-told")).to_contain_text("Sealed. Report by rules.")
    page.keyboard.press("Enter")
    until(page, "date => location.hash.includes(date)", focused)
    page.keyboard.press("]")
    until(page, "date => !location.hash.includes(date)", focused)
    page.keyboard.press("[")
    until(page, "date => location.hash.includes(date)", focused)


def test_numbers_of_a_day_open_their_rows(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/days")
    date = closed_day(page)
    link = panel(page, "By source").locator("tbody tr").first.locator("a").nth(2)
    count = link.inner_text()
    link.click()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile(rf"^{count} attempts?$"))).to_be_visible()
    assert f"date={date}" in page.url and "outcome=failure" in page.url and "source=web_form" in page.url
    page.go_back()
    settled(page)
    signal = page.locator(".day-signal").first
    expect(signal).to_contain_text("confidence")
    count = re.search(r"([\d,]+)", signal.locator(".rows-link").inner_text()).group(1)
    signal.locator(".rows-link").click()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile(rf"^{count} attempts?$"))).to_be_visible()
    watched.expect_silence()


def test_check_of_a_day_survives_a_reload(double, open_page):
    double.world(days=24, job_step_ms=700)
    watched = open_page()
    page = sign_in(watched, double.url, "#/days")
    closed_day(page)
    expect(panel(page, "Seal").get_by_text("This day was never checked")).to_be_visible()
    panel(page, "Seal").get_by_role("button", name="Verify").click()
    until(page, "() => location.hash.includes('job=verify')")
    expect(panel(page, "Seal").get_by_role("progressbar")).to_be_visible()
    page.reload()
    expect(panel(page, "Seal").get_by_role("progressbar", name="Checking the day")).to_be_visible()
    expect(panel(page, "Seal").get_by_text("Complete and unchanged")).to_be_visible()
    expect(panel(page, "Seal").get_by_text("rows recomputed")).to_be_visible()
    expect(panel(page, "Seal").get_by_text("The rows give what was sealed")).to_be_visible()
    panel(page, "Seal").get_by_role("button", name="Put away").click()
    expect(page.locator(".day-marks").get_by_text("Checked")).to_be_visible()
    assert "job=" not in page.url
    watched.expect_silence()


def test_a_failed_check_says_where(double, open_page):
    double.world(days=24, broken_days=1, job_step_ms=20)
    # Without a stream of events the job is asked for again and again.
    double.faults({"path": "/v1/jobs/job_verify_0001/events", "mode": "error", "times": 99})
    page = sign_in(open_page(), double.url, "#/days")
    closed_day(page)
    page.get_by_role("button", name="Verify").click()
    expect(panel(page, "Seal").get_by_text("This day does not hold")).to_be_visible()
    expect(panel(page, "Seal").get_by_role("link", name=re.compile(r"^attempt [\d,]+$"))).to_be_visible()
    expect(page.locator(".day-marks").get_by_text("Check failed")).to_be_visible()


# ---- Reports ---------------------------------------------------------------------------------------------------------


def test_report_is_grounded_rewritten_and_compared(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/days")
    date = closed_day(page)
    report = panel(page, "Report")
    for title in ["Executive summary", "User behaviour", "System behaviour", "Misconfiguration signals", "Confidence and scope"]:
        expect(report.get_by_role("heading", name=title)).to_be_visible()
    expect(report.get_by_text("ollama pull")).to_be_visible()
    expect(report.get_by_text("100\u202f% grounded")).to_be_visible()
    figure = report.locator("a.grounded-figure").nth(2)
    figure.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("attempts failures")
    count = re.match(r"\d+", figure.inner_text()).group(0)
    figure.click()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile(rf"^{count} attempts$"))).to_be_visible()
    page.go_back()
    settled(page)

    report.get_by_role("button", name="Write a new version").click()
    expect(report.get_by_role("progressbar", name="Writing a new version")).to_be_visible()
    expect(report.get_by_label("Version of the report")).to_have_value("2")
    expect(report.locator("mark")).to_contain_text("37.5 %")
    expect(report.get_by_text("of 6 figures are in the snapshot; the others are marked")).to_be_visible()
    report.locator("mark").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("Do not rely on it")

    report.get_by_role("button", name="Compare").click()
    until(page, "() => location.hash.includes('against=1')")
    expect(report.locator("p.diff ins").first).to_be_visible()
    expect(report.locator("p.diff del").first).to_be_visible()
    page.reload()
    expect(report.locator("p.diff ins").first).to_be_visible()
    report.get_by_role("button", name="Stop comparing").click()
    report.get_by_label("Version of the report").select_option("1")
    until(page, "() => location.hash.includes('version=1')")
    expect(report.get_by_text("ollama pull")).to_be_visible()
    assert date in page.url
    watched.expect_silence()


def test_writing_a_report_can_be_cancelled(double, open_page):
    double.world(days=24, job_step_ms=1500)
    page = sign_in(open_page(), double.url, "#/days")
    closed_day(page)
    report = panel(page, "Report")
    report.get_by_role("button", name="Write a new version").click()
    expect(report.get_by_text(re.compile("reading the snapshot|asking the model")).first).to_be_visible()
    report.get_by_role("button", name="Cancel").click()
    expect(report.get_by_text(re.compile("was cancelled"))).to_be_visible()
    report.get_by_role("button", name="Put away").click()
    expect(report.get_by_text("version 1", exact=True)).to_be_visible()


# ---- Trends ----------------------------------------------------------------------------------------------------------


def test_trends_by_week_and_their_table(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/trends")
    settled(page)
    expect(page.locator(".sentence")).to_contain_text("Books are off on")
    page.keyboard.press("w")
    until(page, "() => location.hash.includes('by=week')")
    settled(page)
    with page.expect_download() as download:
        panel(page, "Attempts").get_by_role("button", name="CSV").click()
    text = open(download.value.path(), encoding="utf-8", newline="").read()
    rows = text.strip().split("\r\n")
    assert rows[0] == "Week from,Attempts,Leads,Failures,Failed,Closed,Books" and len(rows) > 40
    row = panel(page, "Weeks").locator("tbody tr").nth(1)
    count = row.locator("a").nth(1).inner_text()
    row.locator("a").nth(1).click()
    settled(page)
    expect(page.get_by_role("heading", name=re.compile(rf"^{count} attempts$"))).to_be_visible()
    watched.expect_silence()
