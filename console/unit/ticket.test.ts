import assert from "node:assert/strict";
import { test } from "node:test";
import { AttemptDetail, attemptDetailDecoder } from "../src/api/attempts";
import { reportDecoder } from "../src/api/reports";
import { attemptText, reportMarkdown, withoutMarks } from "../src/words/ticket";

const around = { zone: "America/New_York", now: Date.parse("2026-11-27T20:00:00Z"), link: "https://daybook.example/#/attempts/att_1?project=prj_x" };
const row = (sequence: number, more: object) => ({
  attempt_id: `att_${sequence}`, sequence, user_id: "usr_1", source: "partner_api", channel: "affiliate", received_at: "2026-11-27T19:02:10.482Z", logical_date: "2026-11-27", outcome: "failure",
  failure_category: "validation", failure_code: "field_too_long", failure_message: "/user/name: At most 200 bytes.", retry_attempt: 1, duration_ms: 6, lead_id: null, ...more,
});

test("an attempt as text for a ticket", () => {
  const detail: AttemptDetail = attemptDetailDecoder({ attempt: row(1234, {}), lead: null, request: null, neighbours: {}, proof: null }, "");
  const later = attemptDetailDecoder({ attempt: row(1240, { outcome: "success", received_at: "2026-11-27T19:05:10.482Z", failure_code: null }), neighbours: {} }, "").attempt;
  const fields = [{ pointer: "/user/name", rule: null, value_shape: null, result: "failed" as const, code: "field_too_long", message: "At most 200 bytes." }];
  assert.equal(attemptText(detail, { fields, limits: [], tries: [detail.attempt, later] }, around), [
    "Attempt 1,234: Refused in 6 ms: name is too long (at most 200 bytes).",
    "Received: 2026-11-27 14:02:10 in America/New_York (2026-11-27 19:02:10.482 UTC)",
    "Source: partner_api, channel affiliate",
    "User: usr_1",
    "Code: field_too_long",
    "Field /user/name: field_too_long. At most 200 bytes.",
    "Afterwards: The same person succeeded 3 min later, at the first further try.",
    "Other try 1,240: success, 14:05:10",
    "Attempt id: att_1234",
    "https://daybook.example/#/attempts/att_1?project=prj_x",
    "",
  ].join("\n"));
});

test("a report as Markdown and as text", () => {
  const report = reportDecoder({
    version: 2, status: "succeeded", generated_at: "2026-11-27T19:00:00Z", model: "m", prompt_version: "1", snapshot_sha256: null, fallback: null,
    sections: { executive_summary: "12 attempts.", user_behaviour: ["a", "b"], system_behaviour: [], misconfiguration_signals: [{ title: "x fails", evidence: "10 of 12.", confidence: "high" }], confidence_and_scope: "All." },
    grounding: { checked: 3, supported: 2, unsupported: 1, share: 0.6667, figures: [] },
  }, "");
  const markdown = reportMarkdown(report, { date: "2026-11-27", project: "Northwind", by: "m", countedUntil: Date.parse("2026-11-27T18:59:58Z") }, around);
  for (const part of ["# Friday 27 November 2026, Northwind\n", "As of 2026-11-27 13:59:58 in America/New_York", "## Executive summary\n\n12 attempts.\n", "- a\n- b", "- **x fails** (confidence: high)\n  10 of 12.", "2 of 3 figures are in the day's snapshot."]) {
    assert.ok(markdown.includes(part));
  }
  assert.ok(withoutMarks(markdown).startsWith("Friday 27") && !withoutMarks(markdown).includes("**"));
});
