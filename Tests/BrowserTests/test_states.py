"""Each panel fails, waits and recovers alone; the session ends and comes back to the same view."""

import re

from playwright.sync_api import expect

from conftest import EMAIL, PASSWORD, settled, sign_in

FUNNEL = "/v1/analytics/funnel-metrics"


def panel(page, title: str):
    return page.locator("section.panel").filter(has=page.get_by_role("heading", name=title, exact=True))


def test_one_panel_fails_and_the_others_stay(double, open_page):
    double.faults({"path": FUNNEL, "mode": "error", "times": 99})
    page = sign_in(open_page(), double.url, "#/today")
    funnel = panel(page, "Funnel")
    expect(funnel.get_by_text("This could not be loaded")).to_be_visible()
    expect(funnel.get_by_text(re.compile(r"Try \d of 4 failed; next in"))).to_be_visible()
    request_id = funnel.locator(".notice-id code").inner_text()
    assert re.fullmatch(r"[0-9a-f]{32}", request_id)
    expect(panel(page, "Failures").locator("tbody tr").first).to_be_visible()
    expect(page.locator(".sentence")).to_contain_text("attempts today")
    double.faults()
    funnel.get_by_role("button", name="Retry").click()
    expect(funnel.locator("tbody tr").first).to_be_visible()


def test_retries_are_bounded_and_said(double, open_page):
    double.faults({"path": FUNNEL, "mode": "error", "times": 99})
    watched = open_page()
    page = watched.page
    page.clock.install()
    sign_in(watched, double.url, "#/today?live=off")
    funnel = panel(page, "Funnel")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if FUNNEL in request.url else None)
    for _ in range(6):
        expect(funnel.get_by_text("This could not be loaded")).to_be_visible()
        page.clock.run_for(20_000)
    expect(funnel.get_by_text("failed; next in")).to_have_count(0)
    count = len(asked)
    page.clock.run_for(120_000)
    assert len(asked) == count <= 4


def test_old_data_stays_and_says_its_age(double, open_page):
    page = sign_in(open_page(), double.url, "#/funnel?live=off")
    settled(page)
    double.faults({"path": FUNNEL, "mode": "error", "times": 99})
    page.get_by_role("button", name="Choose the time range").click()
    page.get_by_role("button", name="Last 7 days").click()
    expect(panel(page, "Steps").get_by_text("This could not be loaded")).to_be_visible()
    page.go_back()
    page.get_by_role("switch").click()
    steps = panel(page, "Steps")
    expect(steps.locator("tbody tr").first).to_be_visible()
    expect(steps.locator(".stale")).to_contain_text(re.compile(r"as of \d\d:\d\d:\d\d, retrying in \d+ s"), timeout=20_000)
    expect(steps.locator("tbody tr").first).to_be_visible()


def test_skeleton_for_slow_answers(double, open_page):
    double.faults({"path": FUNNEL, "mode": "slow", "ms": 2500, "times": 1})
    page = sign_in(open_page(), double.url, "#/today")
    funnel = panel(page, "Funnel")
    expect(funnel.locator(".bone").first).to_be_visible()
    height = funnel.bounding_box()["height"]
    expect(funnel.locator("tbody tr").first).to_be_visible()
    # What arrives takes about the room that was kept for it.
    assert abs(funnel.bounding_box()["height"] - height) < 120


def test_payloads_that_are_not_understood(double, open_page):
    double.faults({"path": FUNNEL, "mode": "corrupt", "times": 99}, {"path": "/v1/analytics/failures", "mode": "version", "times": 99})
    watched = open_page()
    page = sign_in(watched, double.url, "#/today")
    for title in ["Funnel", "Failures"]:
        expect(panel(page, title).get_by_text("This page and the server do not match")).to_be_visible()
        expect(panel(page, title).get_by_role("button", name="Reload")).to_be_visible()
    expect(panel(page, "Failures").get_by_text("/contract/version")).to_be_visible()
    expect(panel(page, "Books of the day").locator("tfoot")).to_be_visible()
    watched.expect_silence()


def test_an_update_leaves_what_a_person_did(double, open_page):
    """A refresh changes numbers; it opens, closes and moves nothing."""
    watched = open_page()
    page = watched.page
    page.clock.install()
    sign_in(watched, double.url, "#/funnel")
    settled(page)
    page.get_by_role("button", name="Table").first.click()
    expect(page.get_by_role("region", name="The data behind the chart")).to_be_visible()
    page.locator(".sort").nth(1).focus()
    with page.expect_response(lambda response: FUNNEL in response.url):
        page.clock.run_for(11_000)
    settled(page)
    expect(page.get_by_role("region", name="The data behind the chart")).to_be_visible()
    expect(page.locator(".sort").nth(1)).to_be_focused()
    page.evaluate("location.hash = '#/attempts'")
    settled(page)
    page.locator(".row-link").nth(3).focus()
    with page.expect_response(lambda response: "/v1/attempts?" in response.url):
        page.clock.run_for(11_000)
    settled(page)
    expect(page.locator(".row-link").nth(3)).to_be_focused()


def test_without_permission(double, open_page):
    double.faults({"path": "/v1/projects/prj_northwind/books", "mode": "forbidden", "times": 99})
    page = sign_in(open_page(), double.url, "#/today")
    books = panel(page, "Books of the day")
    expect(books.get_by_text("You may not see this")).to_be_visible()
    expect(books.get_by_text("owner or admin")).to_be_visible()


def test_empty_project_teaches(double, open_page):
    double.world(days=0)
    watched = open_page()
    page = sign_in(watched, double.url, "#/today")
    expect(page.get_by_text("Nothing has arrived in Northwind Lending yet")).to_be_visible()
    expect(page.get_by_text(f"curl {double.url}/v1/projects/prj_northwind/leads").first).to_be_visible()
    expect(page.get_by_text(f"daybook simulate --url {double.url}").first).to_be_visible()
    watched.expect_silence()


def test_the_session_ends_and_comes_back_to_the_view(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?range=7d&outcome=failure")
    settled(page)
    address = page.url
    double.faults({"path": "/v1/attempts", "mode": "unauthenticated", "times": 99})
    page.locator(".row-link").first.click()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    double.faults()
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("dialog", name="Attempt")).to_be_visible()
    assert page.url.startswith(address)


def test_wrong_password_is_said(double, open_page):
    page = open_page().page
    page.goto(double.url)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Enter your email address.")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Email and password do not match.")


def test_a_reload_keeps_the_session_and_the_view(double, open_page):
    page = sign_in(open_page(), double.url, "#/attempts?code=phone_invalid&range=7d")
    settled(page)
    title = page.locator("#content h2").filter(has_text="attempts").first.inner_text()
    page.reload()
    settled(page)
    assert page.locator("#content h2").filter(has_text="attempts").first.inner_text() == title
    expect(page.locator("[data-search]")).to_have_value("code:phone_invalid")
