import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "../src/charts/export";
import { countTicks, heatLevel, stepArea, steps } from "../src/charts/scale";
import { DecodeError, list, nullable, number, object, oneOf, text } from "../src/api/decode";
import { enveloped } from "../src/api/envelope";
import { address } from "../src/api/client";
import type { Attempt, AttemptPage } from "../src/api/attempts";
import { arrived, followed, noRows } from "../src/screens/attempts/rows";
import { cell, heading } from "../src/screens/day/snapshotWords";
import { isMeasured, worstStep } from "../src/parts/FunnelSteps";
import { inZone } from "../src/words/times";
import { aftermath, verdict } from "../src/words/verdict";

const refused = (decode: () => unknown, at: string) => assert.throws(decode, (error: unknown) => error instanceof DecodeError && error.at === at);

test("decoders name the place that is wrong", () => {
  const decode = object({ rows: list(object({ count: number, name: nullable(text) })) });
  assert.deepEqual(decode({ rows: [{ count: 1, more: true }] }, ""), { rows: [{ count: 1, name: null }] });
  refused(() => decode({ rows: [{ count: 1 }, { count: "2" }] }, ""), "/rows/1/count");
  refused(() => decode({}, ""), "/rows");
  refused(() => number(NaN, "/x"), "/x");
  refused(() => oneOf("a", "b")("c", "/y"), "/y");
});

test("another major version of a contract is refused", () => {
  const decode = enveloped(object({ total: number }));
  const answer = (version: number) => ({ contract: { name: "failures", version }, generated_at: "2026-11-21T14:02:10Z", total: 3 });
  assert.equal(decode(answer(1), "").total, 3);
  assert.equal(decode(answer(1), "").partial, false);
  refused(() => decode(answer(2), ""), "/contract/version");
});

test("addresses repeat lists and leave out what is empty", () => {
  assert.equal(address("/v1/events", { source: ["a b", "c"], q: "", cursor: null, limit: 5 }), "/v1/events?source=a+b&source=c&limit=5");
});

const row = (sequence: number, more: Partial<Attempt> = {}): Attempt => ({
  attempt_id: `att_${sequence}`, sequence, user_id: "usr_1", source: "web_form", channel: null, received_at: sequence * 1000, logical_date: "2026-11-21",
  outcome: "success", failure_category: null, failure_code: null, failure_message: null, retry_attempt: 1, duration_ms: 12, lead_id: null, ...more,
});
const page = (sequences: number[], cursor: string | null): AttemptPage => ({ attempts: sequences.map((sequence) => row(sequence)), page: { next_cursor: cursor, has_more: cursor !== null }, total: null });
const numbers = (rows: { attempts: Attempt[] }) => rows.attempts.map((attempt) => attempt.sequence);

test("new rows go on top and the pages behind stay", () => {
  let rows = arrived(noRows, page([9, 8, 7], "c7"));
  rows = followed(rows, "c7", page([6, 5], "c5"));
  assert.deepEqual(numbers(rows), [9, 8, 7, 6, 5]);
  rows = arrived(rows, page([11, 10, 9], "c9"));
  assert.deepEqual(numbers(rows), [11, 10, 9, 8, 7, 6, 5]);
  assert.equal(rows.cursor, "c5");
});

test("when rows in between are missing, the list begins anew", () => {
  const rows = arrived(followed(arrived(noRows, page([9, 8], "c8")), "c8", page([7], null)), page([20, 19], "c19"));
  assert.deepEqual(numbers(rows), [20, 19]);
  assert.equal(rows.cursor, "c19");
});

test("a page that was asked for from another place is dropped", () => {
  const rows = arrived(noRows, page([9, 8], "c8"));
  assert.equal(followed(rows, "old", page([3], null)), rows);
});

const when = { zone: "UTC", now: Date.parse("2026-11-27T12:00:00Z"), passesAt: null };

test("verdicts", () => {
  const failed = row(2, { outcome: "failure", failure_category: "validation", failure_code: "phone_country_missing", failure_message: "The phone number lacks its country code.", duration_ms: 6 });
  assert.equal(verdict(failed, when).replace(/\u202f/g, " "), "Refused in 6 ms: the phone number lacks its country code.");
  assert.equal(verdict(row(1, { lead_id: "led_1", duration_ms: null }), when), "Accepted: it became a lead.");
  const pointed = row(3, { outcome: "failure", failure_category: "validation", failure_code: "state_invalid", failure_message: "/fields/state: Write the two letters of a US state, e.g. CA.", duration_ms: null });
  assert.equal(verdict(pointed, when), "Refused: the US state is not known. Write the two letters of a US state, e.g. CA.");
  const refused = (code: string, message: string) => verdict(row(3, { outcome: "failure", failure_category: "validation", failure_code: code, failure_message: message, duration_ms: null }), when);
  assert.equal(refused("field_too_long", "/user/name: At most 200 bytes. (and 2 more)"), "Refused: name is too long (at most 200 bytes), and 2 more fields.");
  assert.equal(refused("field_range", "/fields/loan_amount: Must be from 1 to 100000000."), "Refused: loan amount is out of range (must be from 1 to 100000000).");
  assert.equal(refused("field_type", "/fields/term_months: Write a whole number. (and 1 more)"), "Refused: term months has the wrong type, and 1 more field. Write a whole number.");
  assert.equal(aftermath(failed, [failed, row(5), row(4, { outcome: "failure" })])?.replace(/\u202f/g, " "), "The same person succeeded 3 s later, at the second further try.");
  assert.equal(aftermath(failed, [failed]), "Nothing came from this person afterwards.");
});

test("a verdict tells times in the project's zone", () => {
  const limited = row(4, { outcome: "failure", failure_category: "rate_limited", failure_code: "rate_limit_user", duration_ms: null, failure_message: "This user may submit 10 times a minute. The next submission passes at 2026-11-27T03:03:49.040687Z." });
  const newYork = { ...when, zone: "America/New_York" };
  assert.equal(verdict(limited, { ...newYork, passesAt: Date.parse("2026-11-27T03:03:49.040Z") }), "Turned away: this person's rate limit was reached. The next submission passes at Thu 26 Nov 22:03:49.");
  // Where the limits are not on record, what the message says is still told in the zone.
  assert.equal(verdict(limited, newYork), "Turned away: this user may submit 10 times a minute. The next submission passes at Thu 26 Nov 22:03:49.");
  assert.equal(inZone("at 2026-11-27T09:00:00Z, not 2026-11-27", "UTC", when.now), "at 09:00:00, not 2026-11-27");
});

const step = (name: string, sessions: number, events: number | null, previous: number | null) => ({ step: name, position: 1, sessions, events, conversion_from_previous: previous, conversion_from_first: 1, drop_off: 0, p50_ms: null, p95_ms: null });

test("a step without events of its own is not measured, and nothing is lost at it", () => {
  assert.ok(!isMeasured(step("visit", 1, 0, null)));
  assert.ok(isMeasured(step("visit", 1, null, null)) && isMeasured(step("visit", 0, 0, null)) && !isMeasured(undefined));
  const steps = [step("visit", 100, 120, null), step("start", 40, 0, 0.4), step("submitted", 40, 40, 1), step("accepted", 30, 30, 0.75)];
  assert.equal(worstStep(steps)?.step, "accepted");
});

test("scales begin at zero and end at a round number", () => {
  assert.deepEqual(countTicks(97), { top: 100, ticks: [0, 50, 100] });
  assert.deepEqual(countTicks(0), { top: 1, ticks: [0, 1] });
  assert.ok(countTicks(3).ticks.every(Number.isInteger));
  assert.equal(heatLevel(0, 10), 0);
  assert.equal(heatLevel(1, 1000), 1);
  assert.equal(heatLevel(1000, 1000), 6);
});

test("a gap stays a gap", () => {
  const x = (index: number) => index * 10;
  const y = (value: number) => 10 - value;
  assert.equal(steps([1, null, 2], x, y), "M0 9H10M20 8H30");
  assert.equal(stepArea([1, null, 2], x, y, 10), "M0 10V9H10V10ZM20 10V8H30V10Z");
});

test("CSV is quoted, and no cell becomes a formula", () => {
  assert.equal(toCsv({ columns: ["a", "b"], rows: [["x,\"y\"", 1], ["=1+1", null]] }), "a,b\r\n\"x,\"\"y\"\"\",1\r\n'=1+1,\r\n");
});

test("a snapshot's decimal texts read in their units", () => {
  const plain = (name: string, value: unknown) => cell(name, value).replace(/\u202f/g, " ");
  assert.equal(plain("failure_share", "0.1103"), "11 %");
  assert.equal(plain("share_of_failures", "0.5"), "50 %");
  assert.equal(plain("p95_ms", "31.020"), "31 ms");
  assert.equal(plain("attempts_mean", "1042.00"), "1,042");
  assert.equal(plain("hour", 7), "07:00");
  assert.equal(plain("first_at", "2026-11-20T14:02:10.482Z"), "2026-11-20 14:02:10 UTC");
  assert.equal(heading("share_of_source"), "Share of source");
});
