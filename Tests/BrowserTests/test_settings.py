"""Settings and long work: sources, limits, import, exports, jobs. The flows as a person goes through them."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import settled, sign_in, until

PLACES = {
    "sources": ("#/settings/sources", "checked by a field schema"),
    "schema": ("#/settings/sources/web_form?open=compare:1-2", "What changed"),
    "form": ("#/settings/sources/web_form/form", "How a browser shows it"),
    "webhook": ("#/settings/sources/webhook/webhook", "Standard Webhooks"),
    "api": ("#/settings/sources/web_form/api", "One submission"),
    "limits": ("#/settings/limits", "At most 30 submissions a minute per user, bursts of 30."),
    "import": ("#/settings/import", "Drop a CSV file here"),
    "exports": ("#/settings/exports", "New export"),
    "jobs": ("#/system/jobs", "Nothing is being worked on"),
}


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{entry['id']}: {node['target']} {node.get('failureSummary', '')}" for entry in found for node in entry["nodes"]]


@pytest.mark.parametrize("place", PLACES)
def test_place_answers_fits_and_is_accessible(double, open_page, place):
    fragment, answer = PLACES[place]
    watched = open_page()
    page = sign_in(watched, double.url, fragment)
    settled(page)
    expect(page.locator("#content").get_by_text(answer).first).to_be_visible()
    expect(page.locator(".notice")).to_have_count(0)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert violations(page) == []
    for width in (360, 768, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    watched.expect_silence()


def test_a_schema_is_edited_by_keyboard_tried_out_and_switched_on(double, open_page):
    watched = open_page(width=1440)
    page = sign_in(watched, double.url, "#/settings/sources")
    settled(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="web_form", exact=True)).to_be_visible()
    settled(page)
    page.get_by_label("Name of purpose").focus()
    page.keyboard.press("Alt+Enter")
    page.keyboard.type("a b")
    expect(page.get_by_text("1 place to put right")).to_be_visible()
    expect(page.get_by_role("button", name="Save as version 3")).to_be_disabled()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("lender")
    page.keyboard.press("Alt+ArrowUp")
    until(page, "() => [...document.querySelectorAll('[data-cell$=\"/name\"]')].map(cell => cell.value).join() === 'state,loan_amount,term_years,lender,purpose'")
    expect(page.get_by_label("Name of lender")).to_be_focused()
    page.get_by_label("lender is required").check()
    # The draft outlives a reload.
    page.reload()
    expect(page.get_by_label("Name of lender")).to_have_value("lender")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("200 of 200 would be refused")).to_be_visible()
    expect(page.get_by_role("region", name="Refused by field").get_by_text("/fields/lender")).to_be_visible()
    page.get_by_label("lender is required").uncheck()
    expect(page.get_by_text("run it again")).to_be_visible()
    page.get_by_role("button", name="Save as version 3").click()
    dialog = page.get_by_role("dialog", name="Save the schema")
    expect(dialog.get_by_text("“lender”, where it is sent, must be text.")).to_be_visible()
    dialog.get_by_label("What is it for?").fill("Lenders")
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Save and switch on").click()
    expect(page.locator(".sentence")).to_contain_text("Version 3 of its field schema is on")
    page.get_by_role("button", name="Compare with 2").click()
    expect(page.locator(".compare")).to_contain_text("lender")
    assert "open=compare" in page.url
    page.get_by_role("button", name="Switch the schema off").click()
    expect(page.get_by_role("dialog").get_by_text("only the built-in rules hold")).to_be_visible()
    page.get_by_role("button", name="Switch it off").click()
    expect(page.locator(".sentence")).to_contain_text("not checked by a schema")
    watched.expect_silence()


def test_what_the_server_refuses_stands_at_its_place(double, open_page):
    page = sign_in(open_page(width=1440), double.url, "#/settings/sources/web_form")
    settled(page)
    page.get_by_label("Pattern of purpose").fill("(.*)*")
    page.get_by_role("button", name="Save as version 3").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("This pattern can take for ever")).to_be_visible()
    expect(page.get_by_label("Pattern of purpose")).to_have_attribute("aria-invalid", "true")
    page.evaluate("location.hash = '#/settings/limits'")
    page.get_by_role("button", name="Change the rule").first.click()
    page.get_by_role("textbox", name="At most").fill("200000")
    expect(page.get_by_role("dialog").get_by_text("At most 200,000 submissions a minute per user")).to_be_visible()
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("dialog").get_by_text("At most 100,000.")).to_be_visible()
    page.get_by_role("textbox", name="At most").fill("60")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.locator(".sentence")).to_contain_text("At most 60 submissions a minute per user, bursts of 30.")
    page.get_by_role("button", name="Remove the rule").first.click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator(".limit-rule")).to_have_count(2)


def test_a_form_is_set_up_opened_and_closed(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/settings/sources/call_center/form")
    settled(page)
    page.get_by_role("button", name="Add an origin").click()
    page.get_by_label("Allowed origins, 1").fill("https://example.com/page")
    expect(page.get_by_text("Without a path: https://example.com")).to_be_visible()
    expect(page.get_by_role("button", name="Set it up")).to_be_disabled()
    page.get_by_label("Allowed origins, 1").fill("https://example.com")
    page.get_by_role("button", name="Set it up").click()
    expect(page.locator(".snippet pre")).to_contain_text("leads/form/call_center")
    expect(page.locator(".form-preview")).to_contain_text("I agree to be contacted")
    page.get_by_role("button", name="Open the form").click()
    expect(page.get_by_role("dialog").get_by_text("from pages of https://example.com")).to_be_visible()
    page.get_by_role("button", name="Open it").click()
    expect(page.locator(".sentence")).to_contain_text("its form is open")
    page.get_by_role("button", name="Close the form").click()
    page.get_by_role("button", name="Close it").click()
    expect(page.locator(".sentence")).to_contain_text("its form is closed")
    watched.expect_silence()


def test_a_webhook_secret_is_shown_once_and_rotated(double, open_page):
    watched = open_page()
    page = sign_in(watched, double.url, "#/settings/sources/webhook/webhook")
    settled(page)
    page.get_by_role("button", name="New secret").click()
    page.get_by_label("The secrets until now").select_option("3600")
    page.get_by_role("button", name="Make the secret").click()
    expect(page.locator("[data-new-key]")).to_have_text(re.compile(r"^whsec_\w+$"))
    page.get_by_role("button", name="I have copied it").click()
    expect(page.locator("[data-new-key]")).to_have_count(0)
    expect(page.locator(".secrets-table tbody tr")).to_have_count(4)
    expect(page.locator(".secrets-table tbody tr").nth(1)).to_contain_text(re.compile("ends in"))
    page.locator(".secrets-table").get_by_role("button", name="Revoke").first.click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("revoked")).to_have_count(2)
    watched.expect_silence()


def test_a_file_is_imported_from_preview_to_its_failures(double, open_page, tmp_path):
    double.world(days=2, job_step_ms=250)
    rows = "".join(f"{'nobody' if index % 5 == 0 else f'p{index}@example.com'},+1555010{index:04d},{index}\n" for index in range(200))
    path = tmp_path / "march leads.csv"
    path.write_text("Contact,Phone number,loan_amount_thousands\n" + rows)
    watched = open_page()
    page = sign_in(watched, double.url, "#/settings/import")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.locator(".sentence")).to_contain_text("march leads.csv has 200 rows in 3 columns")
    expect(page.get_by_label("Field of loan_amount_thousands")).to_have_value("loan_amount")
    expect(page.get_by_label("Multiply loan_amount_thousands by")).to_have_value("1000")
    page.get_by_label("Where Phone number goes").select_option("skip")
    expect(page.get_by_text("No column says who the person is")).to_be_visible()
    go = page.get_by_role("button", name="Import 200 rows")
    expect(go).to_be_disabled()
    page.get_by_label("Where Contact goes").select_option("email")
    expect(page.get_by_text("40 of 200 are not email addresses, such as “nobody”.")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("Everybody in this file")).check()
    page.get_by_label("Source").fill("march_file")
    with page.expect_request(lambda request: "/imports?" in request.url) as sent:
        go.click()
    assert "map=Contact%3Aemail%2Cloan_amount_thousands*1000%3Afields.loan_amount" in sent.value.url
    assert "skip=Phone+number" in sent.value.url and "consent=true" in sent.value.url
    expect(page.get_by_role("progressbar")).to_be_visible()
    until(page, "() => /settings\\/import\\/job_import_/.test(location.hash)")
    page.reload()
    expect(page.locator(".sentence")).to_contain_text(re.compile("is being imported|200 rows"))
    expect(page.locator(".sentence")).to_contain_text("200 rows of march leads.csv into march_file")
    expect(page.locator(".import-figures")).to_contain_text("160")
    with page.expect_download() as download:
        page.get_by_role("button", name="The failed rows as CSV").click()
    assert download.value.suggested_filename == "march-leads-failed-rows.csv"
    page.get_by_role("link", name="the attempts").click()
    for part in ("code=email_invalid", "source=march_file", "outcome=failure", "from="):
        assert part in page.url
    watched.expect_silence()


def test_a_view_is_exported_with_its_filters(double, open_page):
    double.world(days=8, job_step_ms=200)
    watched = open_page()
    page = sign_in(watched, double.url, "#/attempts?range=7d&source=web_form&category=validation")
    settled(page)
    page.get_by_role("link", name="Export this view").click()
    expect(page.locator(".chip")).to_have_count(2)
    page.get_by_role("radio", name="Parquet").check()
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/v1/exports")) as sent:
        page.get_by_role("button", name="Create the export").click()
    question = sent.value.post_data_json
    assert question["of"] == "attempts" and question["format"] == "parquet" and question["filter"] == {"source": ["web_form"], "q": "category:validation"}
    assert question["from"] < question["to"]
    expect(page.locator(".exports-table").get_by_role("progressbar")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download attempts.parquet").click()
    assert download.value.suggested_filename == "attempts.parquet"
    page.locator(".exports-table .row-link").click()
    drawer = page.get_by_role("dialog", name="Export")
    expect(drawer.get_by_text("manifest.json")).to_be_visible()
    expect(drawer.locator(".export-hash code")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    watched.expect_silence()


def test_a_job_is_found_followed_and_cancelled(double, open_page):
    double.world(days=2, job_step_ms=4000)
    watched = open_page()
    page = sign_in(watched, double.url, "#/settings/exports")
    settled(page)
    page.get_by_role("button", name="Create the export").click()
    expect(page.locator(".exports-table tbody tr")).to_have_count(1)
    for key in "gj":
        page.keyboard.press(key)
    page.get_by_label("Kind").select_option("export")
    until(page, "() => location.hash.startsWith('#/system/jobs/export')")
    expect(page.locator(".jobs-table tbody tr")).to_have_count(1)
    page.locator(".row-link").first.click()
    drawer = page.get_by_role("dialog", name="Job", exact=True)
    drawer.get_by_role("button", name="Cancel").click()
    page.get_by_role("dialog", name="Cancel the job").get_by_role("button", name="Cancel it").click()
    expect(drawer.get_by_text("Cancelled", exact=True)).to_be_visible()
    page.go_back()
    page.go_back()
    page.get_by_label("Status").select_option("failed")
    expect(page.locator(".jobs-table tbody tr")).to_have_count(1)
    expect(page.locator(".jobs-table")).to_contain_text("model_unreachable")
    watched.expect_silence()


def test_a_part_that_does_not_answer_leaves_the_others(double, open_page):
    double.faults({"path": "/v1/projects/prj_northwind/webhooks", "mode": "forbidden", "times": 99})
    page = sign_in(open_page(), double.url, "#/settings/sources")
    settled(page)
    expect(page.get_by_text("Without the webhooks: that part did not answer.")).to_be_visible()
    expect(page.locator(".sources-table tbody tr")).to_have_count(5)
    double.faults({"path": "/v1/projects/prj_northwind/limits", "mode": "error", "times": 99})
    page.evaluate("location.hash = '#/settings/limits'")
    expect(page.get_by_text("This could not be loaded")).to_be_visible()
    double.faults()
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".limit-rule")).to_have_count(3)
