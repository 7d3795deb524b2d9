import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt } from "../src/api/attempts";
import { daysOfTimeline } from "../src/parts/attempt/runs";

const row = (sequence: number, at: string, code: string | null): Attempt => ({
  attempt_id: `att_${sequence}`, sequence, user_id: "usr_1", source: "web_form", channel: null, received_at: Date.parse(at), logical_date: "2026-11-21",
  outcome: code === null ? "success" : "failure", failure_category: null, failure_code: code, failure_message: null, retry_attempt: 1, duration_ms: 12, lead_id: null,
});
const said = (rows: Attempt[], here = "") => daysOfTimeline(rows, here, "America/New_York").map((day) => `${day.date}: ${day.entries.map((entry) => (entry.kind === "row" ? entry.row.failure_code ?? "lead" : `${entry.rows.length}x ${entry.rows[0]?.failure_code}`)).join(", ")}`);

test("a timeline is told day by day, and the same failure again and again as their number", () => {
  const minutes = (count: number, from: number, code: string | null) => Array.from({ length: count }, (_, index) => row(from + index, `2026-11-21T12:${String(from + index).padStart(2, "0")}:00Z`, code));
  const rows = [...minutes(18, 1, "rate_limit_user"), ...minutes(1, 19, null), ...minutes(3, 20, "phone_invalid")];
  assert.deepEqual(said([...rows].reverse()), ["2026-11-21: 18x rate_limit_user, lead, phone_invalid, phone_invalid, phone_invalid"]);
  // This one stands for itself within the run.
  assert.deepEqual(said(rows.slice(0, 9), "att_5"), ["2026-11-21: 4x rate_limit_user, rate_limit_user, 4x rate_limit_user"]);
  // Midnight is the zone's, and no run goes over it.
  const night = [row(1, "2026-11-21T04:30:00Z", "x"), row(2, "2026-11-21T04:50:00Z", "x"), row(3, "2026-11-21T05:10:00Z", "x"), row(4, "2026-11-21T05:20:00Z", "x")];
  assert.deepEqual(said(night), ["2026-11-20: x, x", "2026-11-21: x, x"]);
  assert.equal(daysOfTimeline(night, "", "UTC")[0]?.entries[0]?.kind, "run");
  assert.equal(daysOfTimeline(rows, "", "UTC")[0]?.entries[1]?.before?.attempt_id, "att_18");
});
