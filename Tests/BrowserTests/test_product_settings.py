"""Settings, import, export and jobs on the real server: what a person switches on holds for the next submission."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from playwright.sync_api import expect

from test_product import enter, product  # noqa: F401 (product is a fixture)


def post(product, path: str, body: bytes, **headers: str) -> tuple[int, dict]:
    request = urllib.request.Request(f"{product.url}/v1/projects/{product.project}/{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def submit(product, source: str, email: str, **fields: object) -> tuple[int, dict]:
    submission = {"user": {"email": email}, "source": source, "consent": True, "fields": fields}
    return post(product, "leads", json.dumps(submission).encode(), Authorization=f"Bearer {product.key}", **{"Content-Type": "application/json"})


def test_a_schema_from_the_editor_holds_for_the_next_submission(product, open_page):
    watched, page = enter(product, open_page, "settings/sources/landing_page")
    page.get_by_role("button", name="Start with an empty field").click()
    page.get_by_label("Name of field 1").fill("lender")
    page.get_by_label("lender is required").check()
    page.get_by_role("radio", name="Pasted samples").check()
    page.get_by_role("textbox", name="Samples").fill('{"lender": "a"}\n{"other": 1}')
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("1 of 2 would be refused")).to_be_visible()
    page.get_by_role("button", name="Save as version 1").click()
    page.get_by_role("dialog").get_by_role("checkbox").check()
    page.get_by_role("button", name="Save and switch on").click()
    expect(page.locator(".sentence")).to_contain_text("Version 1 of its field schema is on")
    status, problem = submit(product, "landing_page", "schema1@example.com", state="CA")
    assert status == 422 and [error["pointer"] for error in problem["errors"]] == ["/fields/lender"], problem
    assert submit(product, "landing_page", "schema2@example.com", lender="Northwind")[0] == 201
    page.get_by_role("button", name="Switch the schema off").click()
    page.get_by_role("button", name="Switch it off").click()
    expect(page.locator(".sentence")).to_contain_text("not checked by a schema")
    assert submit(product, "landing_page", "schema3@example.com", state="CA")[0] == 201
    watched.expect_silence()


def test_a_limit_from_the_editor_turns_away(product, open_page):
    watched, page = enter(product, open_page, "settings/limits")
    page.get_by_role("button", name="Add a rule").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Sliding window").check()
    dialog.get_by_role("textbox", name="At most").fill("2")
    dialog.get_by_label("Unit of time").select_option("3600")
    dialog.get_by_role("combobox", name="Source").fill("limited")
    expect(dialog.get_by_text("At most 2 submissions in any hour per user from limited.")).to_be_visible()
    dialog.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".limit-says").filter(has_text="from limited")).to_have_count(1)
    answers = [submit(product, "limited", "often@example.com", loan_amount=1000 + index)[0] for index in range(3)]
    assert answers == [201, 201, 429]
    page.get_by_role("button", name=re.compile("Remove the rule: At most 2")).click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator(".limit-says").filter(has_text="from limited")).to_have_count(0)
    watched.expect_silence()


def test_a_form_takes_posts_only_while_it_is_open(product, open_page):
    watched, page = enter(product, open_page, "settings/sources/contact_page/form")
    page.get_by_role("button", name="Set it up").click()
    snippet = page.locator(".snippet pre").inner_text()
    assert f"/v1/projects/{product.project}/leads/form/contact_page" in snippet
    expect(page.locator(".form-preview")).to_contain_text("I agree")
    fields = urllib.parse.urlencode({"email": "form@example.com", "consent": "yes", "state": "CA"}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    assert post(product, "leads/form/contact_page", fields, **headers)[0] in (403, 404)
    page.get_by_role("button", name="Open the form").click()
    page.get_by_role("button", name="Open it").click()
    expect(page.locator(".sentence")).to_contain_text("its form is open")
    assert post(product, "leads/form/contact_page", fields, **headers)[0] in (200, 201)
    watched.expect_silence()


def test_a_secret_from_the_page_signs_and_a_revoked_one_does_not(product, open_page):
    watched, page = enter(product, open_page, "settings/sources/crm/webhook")
    page.get_by_role("button", name="Make a secret").first.click()
    page.get_by_role("button", name="Make the secret").click()
    secret = page.locator("[data-new-key]").inner_text()
    page.get_by_role("button", name="I have copied it").click()

    def send(message: str) -> int:
        body = json.dumps({"user": {"email": f"{message}@example.com"}, "source": "crm", "consent": True, "fields": {}}).encode()
        now = str(int(time.time()))
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.new(key, f"{message}.{now}.".encode() + body, hashlib.sha256).digest()).decode()
        return post(product, "leads/webhook/crm", body, **{"Content-Type": "application/json", "webhook-id": message, "webhook-timestamp": now, "webhook-signature": f"v1,{signature}"})[0]

    assert send("msg1") in (200, 201)
    page.get_by_role("button", name=re.compile("^Revoke")).first.click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("revoked")).to_be_visible()
    assert send("msg2") == 401
    watched.expect_silence()


def test_an_export_downloads_what_its_manifest_says(product, open_page):
    watched, page = enter(product, open_page, "settings/exports")
    page.get_by_role("button", name="Create the export").click()
    link = page.locator(".exports-table").get_by_role("link", name=re.compile("^Download")).first
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    content = open(download.value.path(), "rb").read()
    page.locator(".exports-table .row-link").first.click()
    drawer = page.get_by_role("dialog", name="Export")
    assert drawer.locator(".export-hash code").first.inner_text() == hashlib.sha256(content).hexdigest()
    total = product.get("/v1/attempts", window="24h", limit="1")["total"]
    assert 0 < content.count(b"\n") - 1 <= total
    page.evaluate("location.hash = '#/system/jobs/export'")
    expect(page.locator(".jobs-table")).to_contain_text("Done")
    watched.expect_silence()
