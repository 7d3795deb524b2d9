import assert from "node:assert/strict";
import { test } from "node:test";
import { coverage, exportFilter, exportQuestion } from "../src/words/exports";

const HOUR = 3_600_000;
const from = Date.parse("2026-11-20T23:00:00Z"); // midnight in Oslo
const week = { from, to: from + 7 * 24 * HOUR, granularity: "hour" as const, date: null };

test("a view becomes an export's question", () => {
  const view = { filters: { source: ["web_form"], code: ["phone_invalid"], category: ["validation"], user: ["usr 1"] }, words: "ana" };
  assert.deepEqual(exportFilter(view.filters, view.words), { source: ["web_form"], error_code: ["phone_invalid"], q: "category:validation user:\"usr 1\" ana" });
  assert.deepEqual(exportQuestion("prj_1", "attempts", "csv", week, "Europe/Oslo", view), {
    project_id: "prj_1", of: "attempts", format: "csv", from: "2026-11-20T23:00:00.000Z", to: "2026-11-27T23:00:00.000Z", filter: exportFilter(view.filters, view.words),
  });
  // Days and reports take dates and no filter.
  assert.deepEqual(exportQuestion("prj_1", "days", "csv", week, "Europe/Oslo", view), { project_id: "prj_1", of: "days", format: "csv", from: "2026-11-21", to: "2026-11-28" });
  assert.deepEqual(exportQuestion("prj_1", "reports", "jsonl", { ...week, date: "2026-11-21" }, "Europe/Oslo", view), { project_id: "prj_1", of: "reports", format: "jsonl", date: "2026-11-21" });
});

test("an export says what it covers", () => {
  assert.equal(coverage({ from: "2026-11-20T23:00:00Z", to: "2026-11-27T23:00:00Z", filter: { source: ["a", "b"], error_code: ["c"], q: "user:x" } }, "Europe/Oslo", "2026-11-27"), "Sat 21 Nov to Fri 27 Nov, source a or b, code c, user:x");
  assert.equal(coverage({ date: "2026-11-21" }, "UTC", "2026-11-27"), "Sat 21 Nov");
  assert.equal(coverage({ from: "2026-11-21", to: "2026-11-28" }, "UTC", "2026-11-27"), "Sat 21 Nov to Fri 27 Nov");
  assert.equal(coverage({ of: "attempts", format: "csv", filter: { outcome: ["failure"] } }, "UTC", "2026-11-27"), "the whole log, outcome failure");
  assert.equal(coverage({ of: "leads", from: "2026-11-21T00:00:00Z" }, "UTC", "2026-11-27"), "from Sat 21 Nov");
  assert.equal(coverage({ of: "leads", to: "2026-11-22T00:00:00Z" }, "UTC", "2026-11-27"), "up to Sat 21 Nov");
  assert.equal(coverage(null, "UTC", "2026-11-27"), "");
});
