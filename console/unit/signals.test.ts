import assert from "node:assert/strict";
import { test } from "node:test";
import type { DaySignal } from "../src/api/days";
import { causesOf, figureWords, tidied } from "../src/words/signals";

const signal = (id: string, confidence: DaySignal["confidence"], filter: Record<string, unknown> | null = null, count = 10): DaySignal => ({
  id, detector: id.split(":")[0] ?? id, title: id, evidence: [], baseline: null, observed: null, confidence, since: null, rows: filter === null ? null : { filter, count },
});
const said = (...signals: DaySignal[]) => causesOf(signals).map(({ main, also }) => [main.id, ...also.map((one) => one.id)].join(" + "));

test("signals that cover the same rows are one cause", () => {
  const code = signal("code_above_baseline:partner_api:phone_invalid", "high", { source: "partner_api", error_code: "phone_invalid" }, 80);
  const field = signal("field_failing:partner_api:/user/phone", "medium", { source: "partner_api", field: "/user/phone:phone_invalid" }, 84);
  const state = signal("field_failing:partner_api:/fields/state", "medium", { source: "partner_api", field: "/fields/state:state_invalid" }, 12);
  const events = signal("event_failures:lead.submission", "high");
  const other = signal("code_above_baseline:web_form:email_invalid", "medium", { source: "web_form", error_code: "email_invalid" }, 9);
  const slow = signal("latency_step:partner_api", "high", { source: "partner_api" });
  assert.deepEqual(said(events, field, other, slow, code), [`${slow.id}`, `${code.id} + ${field.id} + ${events.id}`, other.id]);
  // Another field of the same source is another matter.
  assert.deepEqual(said(code, field, state), [`${code.id} + ${field.id}`, state.id]);
  // With nothing that explains it, it stands for itself; so does another type of event.
  assert.deepEqual(said(events, slow), [slow.id, events.id]);
  assert.deepEqual(said(signal("event_failures:ai.call", "low"), code), [code.id, "event_failures:ai.call"]);
});

test("figures of signals read in their units", () => {
  const plain = (text: string) => text.replace(/\u202f/g, " ");
  assert.equal(plain(figureWords("56.266 ms")), "56 ms");
  assert.equal(plain(figureWords("34.2%")), "34 %");
  assert.equal(figureWords("51.75 attempts"), "52 attempts");
  assert.equal(figureWords("3 × a day"), "3 × a day");
  assert.equal(plain(tidied("The p95 of its 73 attempts is 1327.06 ms; over the 7 closed days before its mean was 58.755 ms, 0.4%.")), "The p95 of its 73 attempts is 1.3 s; over the 7 closed days before its mean was 59 ms, 0.4 %.");
});
