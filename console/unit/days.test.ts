import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../src/api/decode";
import { dayInFullDecoder, freshened, verificationResultDecoder } from "../src/api/days";
import { ReportFigure, reportDecoder } from "../src/api/reports";
import { sumOfTrends, trendsDecoder } from "../src/api/trends";
import { attemptDetailDecoder } from "../src/api/attempts";
import { fieldsOf, limitsOf, restOf, schemaWords } from "../src/parts/attempt/understood";
import { signalRows } from "../src/parts/day/signalRows";
import { isIn, segmentsOf } from "../src/parts/report/segments";
import { bucketsOf, overBy, recent, sumOf } from "../src/screens/trends/months";
import { readSnapshot } from "../src/screens/day/snapshot";
import { dayLine } from "../src/words/days";
import { addDays } from "../src/words/times";

const refused = (decode: () => unknown, at: string) => assert.throws(decode, (error: unknown) => error instanceof DecodeError && error.at === at);

const figure = (text: string, more: Partial<ReportFigure> = {}): ReportFigure => ({ text, section: "executive_summary", start: null, end: null, supported: true, fact: null, rows: null, ...more });
const pieces = (text: string, ...figures: ReportFigure[]) => segmentsOf(text, figures).map((segment) => (segment.figure ? `[${segment.text}]` : segment.text)).join("");

test("figures stand where their offsets say, else where they are found", () => {
  assert.equal(pieces("12 of 120 failed", figure("12", { start: 0 }), figure("120", { start: 6 })), "[12] of [120] failed");
  // Offsets in another unit point beside the figure: its text decides, and not inside of a longer number.
  assert.equal(pieces("\u00e9\u00e9 120 and 12.5 and 12, then 12", figure("12", { start: 2 }), figure("12", { start: 40 })), "\u00e9\u00e9 120 and 12.5 and [12], then [12]");
  assert.equal(pieces("nothing here", figure("7")), "nothing here");
  assert.equal(pieces("7", figure("7")), "[7]");
  assert.equal(pieces("7 and 7", figure("7", { start: 0 }), figure("7", { start: 6 })), "[7] and [7]");
});

test("a figure belongs to its text", () => {
  assert.ok(isIn(figure("1", { section: "user_behaviour[1]" }), "user_behaviour", 1));
  assert.ok(!isIn(figure("1", { section: "user_behaviour[1]" }), "user_behaviour", 0));
  assert.ok(isIn(figure("1"), "executive_summary", 0) && !isIn(figure("1"), "executive_summary", 1));
  assert.ok(isIn(figure("1", { section: "misconfiguration_signals[0].evidence" }), "misconfiguration_signals[0].evidence", null));
});

const REPORT = { version: 1, status: "succeeded", sections: { executive_summary: "x", user_behaviour: [], system_behaviour: [], confidence_and_scope: "y" } };

test("a report's grounding is read in its older and its newer form", () => {
  const older = reportDecoder({ ...REPORT, grounding: { checked: 2, supported: 1, unsupported: [{ section: "executive_summary", figure: "9" }] } }, "");
  assert.deepEqual(older.grounding?.unsupported, [{ section: "executive_summary", figure: "9" }]);
  const figures = [{ text: "9", section: "executive_summary", start: 0, end: 1, supported: true, fact: { path: "by_source.web_form", value: 9 }, rows: { filter: { source: "web_form" }, count: 9 } }];
  const newer = reportDecoder({ ...REPORT, grounding: { checked: 2, supported: 1, unsupported: 1, share: "0.5000", figures } }, "");
  assert.equal(newer.grounding?.share, 0.5);
  assert.equal(newer.grounding?.figures[0]?.fact, "by source web form: 9");
  assert.deepEqual(newer.grounding?.figures[0]?.rows, { filter: { source: "web_form" }, count: 9 });
  refused(() => reportDecoder({ ...REPORT, grounding: { figures: [{ ...figures[0], supported: "yes" }] } }, ""), "/grounding/figures/0/supported");
});

test("a day of an older server is a day without checks, signals and late rows", () => {
  const day = dayInFullDecoder({ date: "2026-11-20", state: "closed", snapshot: {}, snapshot_sha256: null, seal: null }, "");
  assert.equal(day.verification, null);
  assert.deepEqual(day.signals, []);
  const signal = { id: "s", detector: "d", title: "t", evidence: "e", baseline: { value: "0 %", days: 7 }, observed: 3, confidence: "high", since: null, rows: null };
  assert.deepEqual(dayInFullDecoder({ ...day, signals: [signal] }, "").signals[0]?.evidence, ["e"]);
  refused(() => dayInFullDecoder({ ...day, signals: [{ ...signal, confidence: "sure" }] }, ""), "/signals/0/confidence");
  refused(() => verificationResultDecoder({ passed: true, checks: [{ name: "chain" }], rows: 1 }, ""), "/checks/0/passed");
});

test("a snapshot in another form is not forced into this one", () => {
  assert.equal(readSnapshot({ format: 9 }), null);
});

test("a day in one line", () => {
  const day = { date: "2026-11-20", state: "closed", attempts: 100, leads: 88, failures: 12, failure_share: 0.12, snapshot_sha256: null, sealed: true, report_status: "fallback", balanced: false, verified: { status: "failed" as const, at: null }, late: 1, users: 80 };
  assert.equal(dayLine(day), "100 attempts, 12\u202f% failed. Sealed, check failed. Report by rules. 1 late row. Books off.");
  assert.equal(dayLine({ ...day, attempts: 0, state: "open", late: 0, balanced: null, report_status: null }), "No attempts. Open. No report.");
});

const ATTEMPT = { attempt_id: "att_1", sequence: 1, user_id: null, source: "web_form", channel: null, received_at: "2026-11-20T10:00:00Z", logical_date: "2026-11-20", outcome: "failure", lead_id: null };

test("fields and limits come from their own members, else from the context", () => {
  const context = { errors: [{ pointer: "/user/phone", code: "phone_invalid", message: "Too short.", value: "12" }], limiter: { limit_per_minute: 5, allowed: false, remaining: 0, passes_at: "2026-11-20T10:00:12Z" }, schema: { source: "web_form", version: 3 }, request: { body_bytes: 1 } };
  const older = attemptDetailDecoder({ attempt: { ...ATTEMPT, context }, lead: null, neighbours: {} }, "");
  assert.deepEqual(fieldsOf(older).map((field) => [field.pointer, field.result, field.value_shape?.masked]), [["/user/phone", "failed", "12"]]);
  assert.deepEqual(limitsOf(older).map((limit) => [limit.limit, limit.allowed, limit.passes_at]), [[5, false, Date.parse("2026-11-20T10:00:12Z")]]);
  assert.equal(schemaWords(older), "version 3 of web_form");
  assert.deepEqual(restOf(older.attempt.context), { request: { body_bytes: 1 } });
  const field = { pointer: "/a", rule: "r", value_shape: { type: "text", length: 1, masked: null }, result: "passed", code: null, message: null };
  const newer = attemptDetailDecoder({ attempt: { ...ATTEMPT, context }, lead: null, neighbours: {}, validation: [field], limits: [] }, "");
  assert.deepEqual(fieldsOf(newer)[0]?.value_shape, { words: "text, 1 character", masked: null });
  refused(() => attemptDetailDecoder({ attempt: ATTEMPT, lead: null, neighbours: {}, validation: [{ ...field, result: "maybe" }] }, ""), "/validation/0/result");
});

test("trends without holes", () => {
  const point = (date: string, attempts: number) => ({ date, attempts, leads: attempts - 1, failures: 1, success_share: null, users: null, closed: true, balanced: null, by_source: [] });
  const buckets = bucketsOf([point("2026-11-20", 10), point("2026-11-18", 4)], "day", "2026-11-21");
  assert.deepEqual(buckets.map((bucket) => [bucket.date, bucket.known, bucket.attempts]), [["2026-11-18", true, 4], ["2026-11-19", false, 0], ["2026-11-20", true, 10], ["2026-11-21", false, 0]]);
  assert.deepEqual(sumOf(buckets), { attempts: 14, leads: 12, failures: 2, days: 2 });
  const weeks = bucketsOf([point("2026-11-09", 70), point("2026-11-16", 60)], "week", "2026-11-18");
  assert.deepEqual(weeks.map((week) => week.last), ["2026-11-15", "2026-11-18"]);
  assert.equal(sumOf(weeks).days, 10);
  assert.deepEqual(recent(buckets, "2026-11-21"), { from: "2026-10-24", to: "2026-11-20", now: { attempts: 14, leads: 12, failures: 2, days: 2 }, before: null });
  const books = new Map([["2026-11-10", true], ["2026-11-17", false]]);
  assert.deepEqual(bucketsOf([point("2026-11-09", 70), point("2026-11-16", 60)], "week", "2026-11-18", books).map((week) => week.balanced), [true, false]);
  assert.deepEqual(weeks.map((week) => week.balanced), [null, null]);
  assert.deepEqual(bucketsOf([], "day", "2026-11-21"), []);
});

test("four weeks are compared when every day of both is over and on record", () => {
  const point = (date: string, attempts: number) => ({ date, attempts, leads: attempts, failures: 0, success_share: null, users: null, closed: null, balanced: null, by_source: [] });
  const days = (count: number) => Array.from({ length: count }, (_, index) => point(addDays("2026-11-21", -index), index === 0 ? 5000 : 10));
  const of = (count: number) => recent(bucketsOf(days(count), "day", "2026-11-21"), "2026-11-21");
  // The day that goes on is none to sum up.
  assert.equal(of(1), null);
  assert.deepEqual(of(32)?.now, { attempts: 280, leads: 280, failures: 0, days: 28 });
  // Three days before are not four weeks.
  assert.equal(of(32)?.before, null);
  assert.deepEqual(of(57)?.before, { attempts: 280, leads: 280, failures: 0, days: 28 });
  const weeks = bucketsOf([point("2026-11-09", 70), point("2026-11-16", 60)], "week", "2026-11-18");
  assert.deepEqual(overBy(weeks, "2026-11-18").map((week) => week.date), ["2026-11-09"]);
});

test("trends of several sources are added up, without people", () => {
  const answer = (attempts: number) => trendsDecoder({ contract: { name: "trends", version: 1 }, generated_at: "2026-11-20T10:00:00Z", partial: false, missing: [], points: [{ date: "2026-11-19", attempts, leads: attempts - 2, failures: 2, success_share: 0.5, users: 9 }] }, "");
  const [sum] = sumOfTrends([answer(10), answer(30)]).points;
  assert.deepEqual([sum?.attempts, sum?.leads, sum?.failures, sum?.success_share, sum?.users], [40, 36, 4, 0.9, null]);
});

test("the numbers of an open day in the list are those of its page", () => {
  const day = { date: "2026-11-20", state: "open", attempts: 1, leads: 1, failures: 0, failure_share: 0, snapshot_sha256: null, sealed: false, report_status: null, balanced: null, verified: { status: "never" as const, at: null }, late: 0, users: 1 };
  const full = dayInFullDecoder({ date: "2026-11-20", state: "open", snapshot: { attempts: { attempts: 239, failures: 39 }, leads: 200 }, refreshed_at: "2026-11-20T10:00:00Z" }, "");
  assert.equal(full.refreshed_at, Date.parse("2026-11-20T10:00:00Z"));
  assert.deepEqual([freshened(day, full).attempts, freshened(day, full).leads, freshened(day, full).failures], [239, 200, 39]);
  assert.equal(freshened(day, { ...full, snapshot: {} }), day);
});

test("failing submissions lead to failed attempts, other events to no rows", () => {
  const signal = { id: "event_failures:lead.submission", detector: "event_failures", title: "", evidence: [], baseline: null, observed: null, confidence: "high" as const, since: null, rows: null };
  assert.deepEqual(signalRows(signal), { filter: { outcome: "failure" }, count: null });
  assert.equal(signalRows({ ...signal, id: "event_failures:llm.call" }), null);
  assert.deepEqual(signalRows({ ...signal, rows: { filter: { source: "a" }, count: 3 } }), { filter: { source: "a" }, count: 3 });
});
