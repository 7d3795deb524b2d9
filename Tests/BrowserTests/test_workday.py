"""A day's work on the real server, with ten days behind it: bring a file in, look at where things are going, check a day, prove
an attempt, take rows along. What the page says is what the API says, and the numbers lead to their rows."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from conftest import panel, settled, until
from test_product import Product, enter, number, serving

PARTNER_FILE = Path(__file__).parent / "fixtures" / "march-partner.csv"
# The field that each of the file's bad rows names; what is wrong with a row as a whole names none.
POINTERS = {
    "email_invalid": "/user/email", "phone_invalid": "/user/phone", "state_invalid": "/fields/state", "consent_missing": "/consent",
    "field_range": "/fields/loan_amount", "duplicate_lead": "", "csv_row_invalid": "", "user_unknown": "",
}
IMPORT_MS_MAX = 60_000


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("workday"), DAYBOOK_DAYS_SIGNING="on", DAYBOOK_MODEL_KIND="none") as product:
        product.simulate("--backfill", "10d", "--scale", "0.2", "--projects", "1", "--seed", "11", "--quiet")
        yield product


def logged(product: Product, **filters: str) -> int:
    """How many attempts the log has."""
    answer = product.get("/v1/attempts", limit="1", **filters)
    assert answer["total_is_exact"]
    return answer["total"]


def closed_days(product: Product) -> list[str]:
    """Newest first."""
    days = product.get(f"/v1/projects/{product.project}/days")["days"]
    return sorted((day["date"] for day in days if day["state"] == "closed"), reverse=True)


def text_of(download: Download) -> str:
    return Path(download.path()).read_text(encoding="utf-8")


def expect_rows(page: Page, count: int) -> None:
    """The list of attempts says so many, and shows them all where they are few."""
    expect(page.get_by_role("heading", name=re.compile(rf"^{count:,} attempts?$"))).to_be_visible()
    if count <= 50:
        expect(page.locator("tr[data-row]")).to_have_count(count)


# ---- Import ----------------------------------------------------------------------------------------------------------


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)


def prepare_partner_file(page: Page, file: Path) -> None:
    """The partner names columns in its own way."""
    choose(page, file)
    page.get_by_label("Where Contact goes").select_option("email")
    page.get_by_label("Field of State").fill("state")
    page.get_by_label("Where Notes goes").select_option("skip")
    page.get_by_label("Source", exact=True).fill("march_partner")


def import_result(product: Product, page: Page) -> dict:
    job = product.get(f"/v1/jobs/{re.search(r'job_[0-9a-f]+', page.url).group()}")["job"]
    assert job["status"] == "succeeded" and job["progress"]["done"] == job["result"]["rows"]
    return job["result"]


def expect_figures(page: Page, result: dict) -> None:
    for label, member in [("Rows read", "rows"), ("Leads", "leads"), ("Failed", "failures")]:
        expect(page.get_by_label(label, exact=True).locator(".figure-value")).to_have_text(f"{result[member]:,}")


def corrected(rows: list[dict]) -> list[dict]:
    """The failed rows put right, as a person would in a spreadsheet."""
    by_code = {row["code"]: row for row in rows}
    by_code["email_invalid"]["Contact"] = "finn@example.com"
    by_code["phone_invalid"]["Mobile"] = "+14155550107"
    by_code["state_invalid"]["State"] = "MA"
    by_code["consent_missing"]["consent"] = by_code["csv_row_invalid"]["consent"] = "yes"
    by_code["field_range"]["loan_amount_thousands"] = "267"
    by_code["user_unknown"]["Contact"] = "nobody.no.more@example.com"
    return [row for row in rows if row["code"] != "duplicate_lead"]


def test_a_partners_file_comes_in_and_its_bad_rows_are_put_right(history, open_page, tmp_path):
    watched, page = enter(history, open_page, "settings/import")
    prepare_partner_file(page, PARTNER_FILE)
    expect(page.locator(".sentence")).to_contain_text("has 14 rows in 9 columns")
    page.get_by_role("button", name="Import 14 rows").click()
    expect(page.locator(".sentence")).to_contain_text("6 leads, 8 failed")

    result = import_result(history, page)
    expect_figures(page, result)
    assert result["rows"] == 14 == logged(history, source="march_partner", window="24h")
    assert result["leads"] == 6 == logged(history, source="march_partner", window="24h", outcome="success")
    shown = page.get_by_role("region", name="Failures by code").locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [row.querySelector('code').textContent, Number(row.cells[1].textContent)])")
    assert dict(shown) == result["by_code"] == dict.fromkeys(POINTERS, 1)

    with page.expect_download() as download:
        page.get_by_role("button", name="The failed rows as CSV").click()
    failed = list(csv.DictReader(text_of(download.value).splitlines()))
    assert {row["code"]: row["pointer"] for row in failed} == POINTERS
    sent = PARTNER_FILE.read_text(encoding="utf-8").splitlines()
    for row in failed:
        assert row["message"] and sent[int(row["line"]) - 1].startswith(f"{row['Contact']},{row['Mobile']},"), row

    page.get_by_role("row", name=re.compile("email_invalid")).get_by_role("link", name="the attempts").click()
    settled(page)
    expect_rows(page, 1)
    page.go_back()

    page.get_by_role("link", name="Import another file").click()
    with open(tmp_path / "put-right.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, failed[0].keys())
        writer.writeheader()
        writer.writerows(corrected(failed))
    prepare_partner_file(page, tmp_path / "put-right.csv")
    page.get_by_role("button", name="Import 7 rows").click()
    expect(page.locator(".sentence")).to_contain_text("7 leads, none failed")
    expect_figures(page, import_result(history, page))
    newest = history.get("/v1/attempts", source="march_partner", window="24h", outcome="success", limit="1")["attempts"][0]
    lead = history.get(f"/v1/attempts/{newest['attempt_id']}")["lead"]
    assert set(lead["fields"]) <= {"state", "loan_amount", "purchase_price", "term_months"}, "the reasons are no fields of a lead"
    watched.expect_silence()


def people(file: Path, count: int) -> Path:
    """So many invented people, of whom each tenth names a state that there is not."""
    lines = [f"person{index}@example.com,{50_000 + index},{'Bosten' if index % 10 == 0 else 'MA'},yes" for index in range(count)]
    file.write_text("\n".join(["email,loan_amount,state,consent", *lines]) + "\n", encoding="utf-8")
    return file


def test_a_long_import_is_followed_to_its_end_across_a_reload(history, open_page, tmp_path):
    watched, page = enter(history, open_page, "settings/import")
    choose(page, people(tmp_path / "people.csv", 3000))
    page.get_by_label("Source", exact=True).fill("long_list")
    page.get_by_role("button", name="Import 3,000 rows").click()
    expect(page.get_by_role("progressbar", name=re.compile("^Importing"))).to_be_visible()
    page.reload()
    expect(page.locator(".sentence")).to_contain_text("2,700 leads, 300 failed", timeout=IMPORT_MS_MAX)
    result = import_result(history, page)
    expect_figures(page, result)
    assert result["by_code"] == {"state_invalid": 300}
    assert result["rows"] == 3000 == logged(history, source="long_list", window="24h")
    assert result["failures"] == 300 == logged(history, source="long_list", window="24h", outcome="failure")

    page.get_by_role("link", name="Import another file").click()
    row = page.get_by_role("region", name="Imports and what became of them").locator("tbody tr").first
    expect(row).to_contain_text("Done")
    assert [number(text) for text in row.locator("td.number").all_inner_texts()] == [3000, 2700, 300]
    watched.expect_silence()


def test_a_cancelled_import_keeps_what_it_has_read(history, open_page, tmp_path):
    watched, page = enter(history, open_page, "settings/import")
    choose(page, people(tmp_path / "wrong-list.csv", 8000))
    page.get_by_label("Source", exact=True).fill("wrong_list")
    page.get_by_role("button", name=re.compile("^Import about")).click()
    until(page, "() => Number(document.querySelector('[role=progressbar][aria-label^=Importing]')?.getAttribute('aria-valuenow')) > 0")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(page.locator(".sentence")).to_contain_text("was cancelled")
    job = history.get(f"/v1/jobs/{re.search(r'job_[0-9a-f]+', page.url).group()}")["job"]
    read = logged(history, source="wrong_list", window="24h")
    assert job["status"] == "cancelled" and job["progress"]["done"] == read and 0 < read < 8000
    expect(page.locator(".sentence")).to_contain_text(f"{read:,} rows had been read and stay")
    watched.expect_silence()


# ---- Trends ----------------------------------------------------------------------------------------------------------


def trend_rows(page: Page, every: str = "day") -> dict[str, list[int]]:
    """Attempts, leads and failures by date, exactly."""
    rows = page.get_by_role("region", name=f"Every {every}").locator("tbody tr").evaluate_all(
        r"""rows => rows.map(row => [row.querySelector('a').hash.match(/\d{4}-\d\d-\d\d/)[0],
            ...[...row.querySelectorAll('.rows-link')].map(link => Number(link.title.replace(/\D/g, '')))])""")
    return {date: numbers for date, *numbers in rows}


def test_each_number_of_a_trend_is_what_the_log_counts(history, open_page):
    watched, page = enter(history, open_page, "trends")
    shown = trend_rows(page)
    points = history.get("/v1/analytics/trends", granularity="day", months="12")["points"]
    closed = {point["date"]: [point["attempts"], point["leads"], point["failures"]] for point in points if point["closed"]}
    assert len(closed) == 10 and {date: shown[date] for date in closed} == closed
    for date, numbers in closed.items():
        assert numbers == [logged(history, date=date), logged(history, date=date, outcome="success"), logged(history, date=date, outcome="failure")], date
    assert number(page.locator(".figure-value").first.inner_text()) == sum(row[0] for row in shown.values())

    worst = max(closed, key=lambda date: closed[date][2])
    page.locator(f".trends-table tr:has(a[href*='{worst}']) .rows-link").nth(2).click()
    settled(page)
    expect_rows(page, closed[worst][2])
    expect(page.locator("tr[data-row]").filter(has_text="Failure")).to_have_count(closed[worst][2])
    page.go_back()
    settled(page)

    third = sorted(closed)[2]
    # A low column is thin: whoever points anywhere above it means its day.
    column = page.locator("rect.column-good").nth(2)
    chart = column.locator("xpath=ancestor::*[local-name()='svg']")
    chart.scroll_into_view_if_needed()
    left, box = column.bounding_box(), chart.bounding_box()
    page.mouse.click(left["x"] + left["width"] / 2, box["y"] + box["height"] / 2)
    settled(page)
    expect(page.locator(".day-figures, .figures").first).to_contain_text(f"{closed[third][0]:,}")
    assert f"days/{third}" in page.url
    watched.expect_silence()


def test_a_trend_by_week_and_of_one_source_adds_up(history, open_page):
    watched, page = enter(history, open_page, "trends")
    by_day = trend_rows(page)
    page.keyboard.press("w")
    until(page, "() => location.hash.includes('by=week')")
    settled(page)
    by_week = trend_rows(page, "week")
    assert [sum(column) for column in zip(*by_week.values())] == [sum(column) for column in zip(*by_day.values())]

    page.keyboard.press("d")
    until(page, "() => !location.hash.includes('by=week')")
    page.get_by_label("Source").select_option("web_form")
    until(page, "() => location.hash.includes('source=web_form')")
    settled(page)
    day = closed_days(history)[0]
    expect(page.get_by_text("did not answer")).to_have_count(0)
    attempts, leads, failures = trend_rows(page)[day]
    assert (attempts, leads) == (logged(history, date=day, source="web_form"), logged(history, date=day, source="web_form", outcome="success"))
    assert attempts == leads + failures < by_day[day][0]
    page.locator(f".trends-table tr:has(a[href*='{day}']) .rows-link").first.click()
    settled(page)
    expect_rows(page, attempts)
    watched.expect_silence()


# ---- A day and its proof ---------------------------------------------------------------------------------------------


def test_a_closed_day_is_verified_from_its_page(history, open_page):
    date = closed_days(history)[0]
    watched, page = enter(history, open_page, f"days/{date}")
    seal = panel(page, "Seal")
    expect(seal.get_by_text("This day was never checked")).to_be_visible()
    seal.get_by_role("button", name="Verify").click()
    expect(seal.get_by_text("Complete and unchanged")).to_be_visible()
    day = history.get(f"/v1/projects/{history.project}/days/{date}")
    result = day["verification"]["result"]
    assert day["verification"]["status"] == "passed" and result["passed"]
    assert result["rows"] == day["seal"]["row_count"] == logged(history, date=date)
    expect(seal).to_contain_text(f"{result['rows']:,} rows recomputed")
    expect(seal.locator(".checks .mark-good")).to_have_count(len(result["checks"]))
    seal.get_by_role("button", name="Put away").click()
    page.reload()
    expect(page.locator(".day-marks").get_by_text("Checked")).to_be_visible()
    expect(seal.get_by_role("button", name="Verify again")).to_be_visible()
    watched.expect_silence()


def test_an_attempt_is_proven_in_the_browser_and_a_forged_answer_is_not(history, open_page):
    date = closed_days(history)[1]
    watched, page = enter(history, open_page, f"days/{date}")
    page.get_by_role("link", name="Attempts of this day").click()
    settled(page)
    page.locator(".row-link").nth(3).click()
    page.keyboard.press("Enter")
    proof = panel(page, "Proof")
    expect(proof.get_by_text("Recomputed in this browser: the attempt is in the sealed day, unchanged.")).to_be_visible()
    expect(proof.locator(".proof-checks .mark-good")).to_have_text([
        "the fields give the attempt's hash", "the attempt's hash gives the leaf", "leaf and path give the root",
        "the root is the one that was sealed", "the seal's signature holds"])
    with page.expect_download() as download:
        proof.get_by_role("button", name="Download").click()
    saved = json.loads(text_of(download.value))
    attempt = re.search(r"att_[0-9a-f]+", page.url).group()
    told = history.get(f"/v1/attempts/{attempt}/proof")
    members = ["attempt_id", "attempt_hash", "leaf_index", "tree_size", "path", "root", "canonical", "seal"]
    assert {name: saved[name] for name in members} == {name: told[name] for name in members}
    assert saved["root"] == history.get(f"/v1/projects/{history.project}/days/{date}")["seal"]["merkle_root"]
    watched.expect_silence()

    def forge(route):
        forged = route.fetch().json()
        forged["canonical"]["fields"] = [["source", "text", "forged"] if name == "source" else [name, kind, value] for name, kind, value in forged["canonical"]["fields"]]
        route.fulfill(json=forged)

    page.route(re.compile(r"/v1/attempts/[^/]+/proof"), forge)
    page.reload()
    expect(proof.get_by_text("The proof does not hold")).to_be_visible()
    expect(proof.get_by_text("the fields give the attempt's hash: it does not")).to_be_visible()


def test_a_row_that_was_changed_behind_the_ledger_is_named(history, open_page):
    """The oldest day, which no other test verifies; on a phone, where long words have little room."""
    date = closed_days(history)[-1]
    victim = history.get("/v1/attempts", date=date, outcome="failure", limit="1")["attempts"][0]
    with sqlite3.connect(history.folder / "ledger.sqlite", timeout=30) as ledger:
        for (trigger,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'attempts'").fetchall():
            ledger.execute(f'DROP TRIGGER "{trigger}"')
        ledger.execute("UPDATE attempts SET failure_message = 'Nothing was wrong.' WHERE attempt_id = ?", (victim["attempt_id"],))

    _, page = enter(history, open_page, f"days/{date}", width=360)
    seal = panel(page, "Seal")
    seal.get_by_role("button", name="Verify").click()
    seal.get_by_role("button", name="Put away").click()
    expect(seal.get_by_text("This day does not hold")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    seal.get_by_role("link", name=f"attempt {victim['sequence']:,}").click()
    expect(page.get_by_role("heading", name=f"Attempt {victim['sequence']:,}")).to_be_visible()
    expect(panel(page, "Proof").get_by_text("This attempt cannot be proven")).to_be_visible()
    panel(page, "Proof").get_by_role("link", name=re.compile("^Verify")).click()
    expect(page.locator(".day-marks").get_by_text("Check failed")).to_be_visible()


def test_an_attempt_that_is_not_there_is_said_once(history, open_page):
    _, page = enter(history, open_page, f"attempts/att_{'0' * 32}")
    expect(page.locator(".notice")).to_have_count(1)
    expect(page.locator(".notice")).to_contain_text("The project has no attempt")


# ---- Exports ---------------------------------------------------------------------------------------------------------


def saved(page: Page, link) -> bytes:
    with page.expect_download() as download:
        link.click()
    return Path(download.value.path()).read_bytes()


@pytest.mark.parametrize("form", ["CSV", "JSON Lines"])
def test_the_failures_of_a_day_are_taken_along(history, open_page, form):
    date = closed_days(history)[2]
    count = logged(history, date=date, outcome="failure")
    watched, page = enter(history, open_page, f"attempts?date={date}&outcome=failure")
    expect_rows(page, count)
    page.get_by_role("link", name="Export this view").click()
    expect(page.get_by_text("The filters above hold.")).to_be_visible()
    page.get_by_role("radio", name=form).check()
    page.get_by_role("button", name="Create the export").click()
    row = page.locator(".exports-table tbody tr").filter(has_text=f"attempts as {form}")
    expect(row).to_contain_text("Done")
    assert number(row.locator("td").nth(3).inner_text()) == count > 0
    content = saved(page, row.get_by_role("link", name=re.compile("^Download")))
    lines = content.decode().splitlines()
    rows = list(csv.DictReader(lines)) if form == "CSV" else [json.loads(line) for line in lines]
    assert len(rows) == count and {(one["logical_date"], one["outcome"]) for one in rows} == {(date, "failure")}

    row.locator(".row-link").click()
    drawer = page.get_by_role("dialog", name="Export")
    manifest = json.loads(saved(page, drawer.get_by_role("link", name="manifest.json")))
    [file] = manifest["files"]
    assert file["rows"] == count and file["sha256"] == hashlib.sha256(content).hexdigest()
    expect(drawer.locator(".export-hash code")).to_have_text(file["sha256"])
    watched.expect_silence()
