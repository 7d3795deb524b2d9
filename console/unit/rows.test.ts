import assert from "node:assert/strict";
import { test } from "node:test";
import { cutOf, edgesOf, edgesThrough, gathered, nearestBucket } from "../src/state/buckets";
import { followed, notNarrowedBy, trendsNarrowing } from "../src/state/narrowing";
import { onsetOf } from "../src/state/onset";
import { rowsOf, rowsOfExport, rowsWithin } from "../src/state/rows";
import { Channel, shareSession } from "../src/state/sharing";
import { DEFAULT_VIEW, View } from "../src/state/view";
import { missingWords } from "../src/words/missing";
import { HOUR } from "../src/words/times";

const view = (change: Partial<View>): View => ({ ...DEFAULT_VIEW, ...change });

test("the rows of a number have the filters of its screen, narrowed by its own", () => {
  const here = view({ screen: "failures", range: { kind: "preset", preset: "7d" }, filters: { channel: ["organic"], user: ["usr_1"] }, words: "phone" });
  const rows = rowsWithin(here, { outcome: ["failure"], code: ["phone_invalid"] });
  assert.deepEqual(rows?.filters, { channel: ["organic"], outcome: ["failure"], code: ["phone_invalid"], user: ["usr_1"] });
  // The range stays.
  assert.equal(rows?.range, undefined);
  // No number follows the words.
  assert.equal(rows?.words, "");
  assert.deepEqual(rowsWithin(view({ filters: { outcome: ["failure"], source: ["a"] } }), {}, { without: ["outcome"] })?.filters, { source: ["a"] });
  assert.deepEqual(rowsWithin(view({ filters: { source: ["a", "b"] } }), { source: ["b"] })?.filters, { source: ["b"] });
  // No row is both.
  assert.equal(rowsWithin(view({ filters: { outcome: ["failure"] } }), { outcome: ["success"] }), null);
  assert.deepEqual(rowsWithin(here, {}, { range: { kind: "date", date: "2026-11-20" } })?.range, { kind: "date", date: "2026-11-20" });
});

test("a screen says which filters its numbers do not follow", () => {
  const here = view({ screen: "failures", filters: { outcome: ["failure"] }, words: "phone" });
  assert.deepEqual([followed(here, "outcome"), followed(here, "words")], [true, false]);
  const funnel = view({ screen: "funnel", filters: { code: ["x"], channel: ["organic"], outcome: ["failure"] } });
  assert.equal(notNarrowedBy(funnel, ["source", "channel"]), "not narrowed by outcome and code");
  assert.equal(notNarrowedBy(view({ screen: "funnel", filters: { channel: ["organic"] } }), ["source", "channel"]), null);
  const trends = view({ screen: "trends", filters: { source: ["a", "b"], channel: ["organic"], code: ["x"] } });
  assert.deepEqual(trendsNarrowing(trends), { field: "source", values: ["a", "b"] });
  assert.deepEqual((["source", "channel", "code"] as const).map((field) => followed(trends, field)), [true, false, false]);
  assert.deepEqual(trendsNarrowing(view({ screen: "trends", filters: { channel: ["organic"] } })), { field: "channel", values: ["organic"] });
});

test("edges go through the starts of an answer, so that no point falls outside", () => {
  const zone = "Asia/Kolkata";
  const from = Date.parse("2026-11-19T18:30:00Z");
  const to = from + 24 * HOUR;
  const utcHours = Array.from({ length: 25 }, (_, hour) => Date.parse("2026-11-19T18:00:00Z") + hour * HOUR);
  const localHours = Array.from({ length: 24 }, (_, hour) => from + hour * HOUR);
  for (const starts of [utcHours, localHours]) {
    const edges = edgesThrough(starts, from, to, "hour", zone);
    assert.equal(edges.length, starts.length + 1);
    const sums = gathered(edges, starts.map((at) => ({ at, value: 1 })));
    assert.deepEqual(sums, starts.map(() => 1));
  }
  assert.deepEqual(edgesThrough([], from, to, "hour", zone), edgesOf(from, to, "hour", zone));
  const some = edgesThrough([from + 3 * HOUR, from + 7 * HOUR], from, to, "hour", zone);
  // What the answer leaves out is there.
  assert.deepEqual([some[0], some[some.length - 1], some.length], [from, to, 25]);
  assert.deepEqual([nearestBucket(some, from - 1), nearestBucket(some, to + HOUR), nearestBucket([1], 1)], [0, 23, -1]);
  const days = edgesThrough([Date.parse("2026-11-01T04:00:00Z")], Date.parse("2026-10-31T12:00:00Z"), Date.parse("2026-11-03T12:00:00Z"), "day", "America/New_York");
  assert.deepEqual(days.map((edge) => new Date(edge).toISOString()), ["2026-10-31T04:00:00.000Z", "2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z", "2026-11-03T05:00:00.000Z", "2026-11-04T05:00:00.000Z"]);
});

test("a bucket that reaches out of the range is a part, and opens that part", () => {
  assert.deepEqual(cutOf({ from: 0, to: HOUR }, { from: 13, to: 5 * HOUR }), { from: 13, to: HOUR });
  assert.deepEqual(cutOf({ from: 4 * HOUR, to: 6 * HOUR }, { from: 13, to: 5 * HOUR }), { from: 4 * HOUR, to: 5 * HOUR });
  assert.equal(cutOf({ from: HOUR, to: 2 * HOUR }, { from: 13, to: 5 * HOUR }), null);
});

test("a failure begins where it became frequent, not with a stray case", () => {
  assert.deepEqual(onsetOf([0, 1, 0, 0, 0, 0, 0, 0, 6, 9, 7]), { first: 8, last: 10 });
  assert.deepEqual(onsetOf([0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0]), { first: 3, last: 4 });
  // Spread over the day, few, or too short a time to say.
  assert.equal(onsetOf([2, 1, 2, 2, 1, 2, 2, 1]), null);
  assert.equal(onsetOf([0, 0, 0, 4]), null);
  assert.equal(onsetOf([9, 9]), null);
});

test("what is missing is said in words", () => {
  assert.equal(missingWords(false, ["total_attempts"]), null);
  assert.equal(missingWords(true, ["total_attempts", "failure_share"]), "Without the number of all attempts and the share that failed: that part did not answer.");
  assert.equal(missingWords(true, ["days_without_snapshot:2"]), "Without 2 days that have no summary.");
  assert.equal(missingWords(true, ["the webhooks"]), "Without the webhooks: that part did not answer.");
  assert.equal(missingWords(true, []), "A part of this did not answer.");
});

/** Tabs of one browser: what one says, all others hear. */
function tabs() {
  const open: Channel[] = [];
  return (): Channel => {
    const channel: Channel = { onmessage: null, postMessage: (data) => open.filter((other) => other !== channel).forEach((other) => other.onmessage?.({ data } as MessageEvent)) };
    open.push(channel);
    return channel;
  };
}

test("a new tab gets the session of one that is signed in, and waits for it a bounded time", async () => {
  const channel = tabs();
  let token: string | null = null;
  const left: string[] = [];
  const first = shareSession({ token: () => token, left: (ended) => left.push(ended) }, channel(), 20);
  const second = shareSession({ token: () => null, left: (ended) => left.push(ended) }, channel(), 20);
  // Nobody is signed in.
  assert.equal(await second.ask(), null);
  token = "dbs_1";
  assert.equal(await second.ask(), "dbs_1");
  second.left("dbs_1");
  // The other tab hears that the session was left.
  assert.deepEqual(left, ["dbs_1"]);
  // Without a channel a tab is alone.
  assert.equal(await shareSession({ token: () => null, left: () => undefined }, null).ask(), null);
  assert.equal(await first.ask(), null);
});

test("an export's rows are those that were there when it was written", () => {
  const at = Date.parse("2026-11-20T15:00:00Z");
  const about = { of: "attempts", format: "csv", date: "2026-11-20", filter: { outcome: ["failure"], error_code: ["phone_invalid"], q: "category:validation key:key_1 phone" } };
  const open = rowsOfExport(about, at, "UTC");
  assert.deepEqual(open?.range, { kind: "span", from: Date.parse("2026-11-20T00:00:00Z"), to: at });
  assert.deepEqual(open?.filters, { outcome: ["failure"], code: ["phone_invalid"], category: ["validation"] });
  assert.equal(open?.words, "key:key_1 phone");
  assert.deepEqual(rowsOfExport(about, Date.parse("2026-11-21T00:00:00Z"), "UTC")?.range, { kind: "date", date: "2026-11-20" });
  assert.equal(rowsOfExport({ ...about, of: "days" }, at, "UTC"), null);
  assert.equal(rowsOfExport({ of: "attempts" }, at, "UTC"), null);
});

test("the rows of a signal about a field are searched by it", () => {
  assert.equal(rowsOf({ source: "partner_api", field: "/fields/state:state_invalid" }, "2026-11-20").words, "field:/fields/state:state_invalid");
});
