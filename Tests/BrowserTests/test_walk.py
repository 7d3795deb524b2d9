"""Every number on every screen of leads, on the real server with ten days behind it: it opens the rows behind it, as many as it
says, with the same filters. Whatever a screen gains later is walked to, too."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import Page, expect

from conftest import panel, settled, until
from test_product import Product, enter, serving

IMPORT_MS_MAX = 60_000
# Rows of the log as links: their text, what they say when pointed at, where they lead, and in which panel.
LINKS = """() => [...document.querySelectorAll("#content a[href*='#/attempts']")].map((link) => ({
    text: link.textContent.trim(), title: link.title, address: link.hash, panel: link.closest("section")?.querySelector("h2")?.textContent ?? ""}))"""
COUNT = re.compile(r"^([\d,]+)(?: (?:attempts?|leads?|failures?|times?|since)\b.*)?$")


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("walk"), DAYBOOK_DAYS_SIGNING="on", DAYBOOK_MODEL_KIND="none") as product:
        product.simulate(
            "--backfill", "10d", "--scale", "0.4", "--projects", "1", "--seed", "11", "--quiet",
            "--misconfiguration", "partner_state_spelled_out@00:00")
        yield product


@pytest.fixture(scope="module")
def days(history: Product) -> list[str]:
    """Newest first; the first of them is open."""
    return sorted((day["date"] for day in history.get(f"/v1/projects/{history.project}/days")["days"]), reverse=True)


def said(link: dict) -> int | None:
    """The number that a link says: exactly in its title where the text is short for it."""
    for text in (link["title"], link["text"]):
        if found := COUNT.match(text):
            return int(found.group(1).replace(",", ""))
    return None


def go(page: Page, fragment: str) -> None:
    page.evaluate("fragment => { location.hash = fragment }", fragment)
    until(page, "fragment => location.hash === fragment", fragment)
    settled(page)


def rows_shown(page: Page) -> int:
    heading = page.locator(".attempts-list h2")
    expect(heading).to_have_text(re.compile(r"^([\d,]+ attempts?|No attempts?)$"))
    return int(re.sub(r"\D", "", heading.inner_text()) or 0)


def walk(page: Page, fragment: str, at_least: int) -> None:
    go(page, fragment)
    found = {(said(link), link["address"]): link["panel"] for link in page.evaluate(LINKS) if said(link) is not None}
    assert len(found) >= at_least, sorted(found)
    wrong = []
    for (count, address), where in found.items():
        go(page, address)
        if (rows := rows_shown(page)) != count:
            wrong.append(f"{where}: says {count}, opens {rows}: {address}")
    assert wrong == [], "\n".join(wrong)


SCREENS = {
    "today": ("#/today?live=off", 20),
    "today, narrowed": ("#/today?source=partner_api&live=off", 5),
    "another day": ("#/today?date={closed}&live=off", 15),
    "a week": ("#/today?range=7d&live=off", 20),
    "calendar": ("#/days?live=off", 25),
    "trends by day": ("#/trends?live=off", 30),
    "trends by week": ("#/trends?by=week&live=off", 6),
    "failures": ("#/failures?range=7d&live=off", 10),
    "funnel": ("#/funnel?range=7d&live=off", 10),
    "the open day": ("#/days/{open}?live=off", 25),
    "a closed day": ("#/days/{closed}?live=off", 25),
    "the oldest day": ("#/days/{oldest}?live=off", 10),
}


@pytest.mark.parametrize("name", SCREENS)
def test_every_number_opens_its_rows(history, days, open_page, name):
    fragment, at_least = SCREENS[name]
    watched, page = enter(history, open_page, "today?live=off")
    walk(page, fragment.format(open=days[0], closed=days[1], oldest=days[-1]), at_least)
    watched.expect_silence()


def test_a_signal_opens_as_many_rows_as_its_sentence_says(history, days, open_page):
    """Of each day: attempts that failed with another code first are of a field's signal, too."""
    watched, page = enter(history, open_page, "today?live=off")
    seen = set()
    for date in days:
        signals = [one for one in history.get(f"/v1/projects/{history.project}/days/{date}")["signals"] if one["rows"] and one["rows"]["count"]]
        if not signals:
            continue
        go(page, f"#/days/{date}?live=off")
        for signal in signals:
            entry = page.locator(".day-signals li").filter(has=page.locator(".day-signal-title").get_by_text(signal["title"], exact=True)).last
            link = entry.locator(".day-signal-facts a.rows-link")
            count = signal["rows"]["count"]
            expect(link).to_have_text(f"{count:,} attempt{'' if count == 1 else 's'}")
            if signal["detector"] in ("code_above_baseline", "field_failing", "rate_limited", "duplicate_storm"):
                assert signal["evidence"].startswith(f"{count:,} "), signal
            link.click()
            settled(page)
            assert rows_shown(page) == count, signal
            seen.add(signal["detector"])
            page.go_back()
            settled(page)
    assert {"code_above_baseline", "field_failing"} <= seen
    watched.expect_silence()


def test_every_figure_of_a_report_opens_its_rows(history, days, open_page):
    watched, page = enter(history, open_page, f"days/{days[1]}?live=off")
    page.get_by_role("button", name=re.compile("^Write (the report|again)")).click()
    expect(page.get_by_role("heading", name="Executive summary")).to_be_visible(timeout=IMPORT_MS_MAX)
    settled(page)
    figures = page.locator("a.grounded-figure").evaluate_all("links => links.map(link => [link.firstChild.textContent, link.hash])")
    counts = {(int(text.replace(",", "")), address) for text, address in figures if re.fullmatch(r"[\d,]+", text)}
    assert len(counts) >= 3, figures
    for count, address in counts:
        go(page, address)
        assert rows_shown(page) == count, address
    watched.expect_silence()


def test_every_value_to_narrow_down_by_counts_its_rows(history, open_page):
    watched, page = enter(history, open_page, "attempts?range=7d&live=off")
    facets = page.locator(".facet-value")
    # "web_form: 1,234"
    values = [title.rsplit(": ", 1) for title in facets.evaluate_all("all => all.map((one) => one.title)")]
    assert len(values) > 10, values
    for index, (name, count) in enumerate(values):
        go(page, "#/attempts?range=7d&live=off")
        facets.nth(index).locator("input").click()
        settled(page)
        assert rows_shown(page) == int(count.replace(",", "")), name
    watched.expect_silence()


def test_columns_and_cells_open_as_many_rows_as_they_say(history, days, open_page):
    """Through the day, the strip of failures, and a day's hours."""
    watched, page = enter(history, open_page, "today?live=off")
    for fragment, title in [(f"#/today?date={days[1]}&live=off", "Through the day"), (f"#/days/{days[1]}?live=off", "By hour"), ("#/today?range=7d&live=off", "Attempts over time")]:
        walked = 0
        for share in (0.3, 0.55, 0.8):
            go(page, fragment)
            chart = panel(page, title).locator("svg.pickable").first
            chart.scroll_into_view_if_needed()
            box = chart.bounding_box()
            at = {"x": 44 + (box["width"] - 44) * share, "y": box["height"] / 2}
            chart.hover(position=at)
            parts = panel(page, title).locator(".tip span:not(:has(.key-before)) b").all_inner_texts()
            count = sum(int(part.replace(",", "")) for part in parts)
            if count == 0:
                continue
            chart.click(position=at)
            until(page, "() => location.hash.startsWith('#/attempts')")
            settled(page)
            assert rows_shown(page) == count, (title, share)
            walked += 1
        assert walked > 0, title
    watched.expect_silence()


def test_an_import_and_an_export_count_their_rows(history, open_page, tmp_path):
    """While others submit: their attempts are none of the file's."""
    file = tmp_path / "people.csv"
    with open(file, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["email", "state", "loan_amount", "consent"])
        for index in range(400):
            writer.writerow([f"walker{index}@example.com", "Bosten" if index % 8 == 0 else "MA", 10 if index % 20 == 1 else 50_000, "yes"])
    watched, page = enter(history, open_page, "settings/import")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)
    page.get_by_label("Source", exact=True).fill("walkers")
    page.get_by_role("button", name="Import 400 rows").click()
    assert history.submit({"user": {"email": "other@example.com"}, "source": "web_form", "consent": True, "fields": {"state": "CA"}}) == 201
    expect(page.get_by_label("Rows read", exact=True).locator(".figure-value")).to_have_text("400", timeout=IMPORT_MS_MAX)
    address = page.evaluate("() => location.hash")
    walk(page, address, 5)

    go(page, "#/settings/exports?range=7d&source=walkers&outcome=failure")
    page.get_by_role("button", name="Create the export").click()
    row = page.locator(".exports-table tbody tr").first
    expect(row).to_contain_text("Done", timeout=IMPORT_MS_MAX)
    walk(page, "#/settings/exports?range=7d&source=walkers&outcome=failure", 1)
    watched.expect_silence()
