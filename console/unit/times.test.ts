import assert from "node:assert/strict";
import { test } from "node:test";
import { timeTicks, timeAxis } from "../src/charts/axis";
import { bucketOf, edgesOf, gathered } from "../src/state/buckets";
import { rangeWords, shifted, spanOf } from "../src/state/range";
import { HOUR, addDays, clock, clockOnce, dateOf, dayWords, isDate, startOf, weekday } from "../src/words/times";

const at = (text: string) => Date.parse(text);

test("days begin at the zone's midnight, also where the clocks change", () => {
  assert.equal(startOf("2026-11-21", "America/New_York"), at("2026-11-21T05:00:00Z"));
  assert.equal(startOf("2026-03-29", "Europe/Oslo"), at("2026-03-28T23:00:00Z"));
  assert.equal(startOf("2026-03-30", "Europe/Oslo"), at("2026-03-29T22:00:00Z"));
  assert.equal(startOf("2026-01-15", "Asia/Kolkata"), at("2026-01-14T18:30:00Z"));
  // In Cairo, midnight of this day does not exist: the day begins at 01:00.
  assert.equal(clock(startOf("2024-04-26", "Africa/Cairo"), "Africa/Cairo"), "01:00");
  assert.equal(dateOf(startOf("2024-04-26", "Africa/Cairo"), "Africa/Cairo"), "2024-04-26");
});

test("calendar dates", () => {
  assert.equal(addDays("2026-02-28", 1), "2026-03-01");
  assert.equal(isDate("2026-02-30"), false);
  assert.equal(isDate("2026-2-3"), false);
  assert.equal(weekday("2026-11-21"), 5);
  assert.equal(dayWords("2026-11-19", "2026-11-21"), "Thu 19 Nov");
  assert.equal(dayWords("2025-11-19", "2026-11-21"), "Wed 19 Nov 2025");
});

test("a day with a changed clock has 23 or 25 buckets, and nothing falls between them", () => {
  const short = edgesOf(startOf("2026-03-29", "Europe/Oslo"), startOf("2026-03-30", "Europe/Oslo"), "hour", "Europe/Oslo");
  assert.equal(short.length - 1, 23);
  const long = edgesOf(startOf("2026-10-25", "Europe/Oslo"), startOf("2026-10-26", "Europe/Oslo"), "hour", "Europe/Oslo");
  assert.equal(long.length - 1, 25);
  assert.equal(bucketOf(long, long[24] ?? 0), 24);
  assert.equal(bucketOf(long, (long[25] ?? 0)), -1);
});

test("points are added up in their bucket, and a bucket without any stays unknown", () => {
  const edges = edgesOf(0, 3 * HOUR, "hour", "UTC");
  assert.deepEqual(gathered(edges, [{ at: 0, value: 1 }, { at: HOUR / 2, value: 2 }, { at: 2 * HOUR, value: null }]), [3, null, null]);
});

test("ranges: today, rolling, and one period back", () => {
  const now = at("2026-11-21T20:15:30Z");
  const today = spanOf({ kind: "preset", preset: "today" }, "America/New_York", now);
  assert.equal(today.date, "2026-11-21");
  assert.equal(today.to - today.from, 24 * HOUR);
  const day = spanOf({ kind: "preset", preset: "24h" }, "UTC", now);
  assert.equal(day.to, at("2026-11-21T20:16:00Z"));
  assert.equal(day.granularity, "hour");
  assert.deepEqual(shifted({ kind: "preset", preset: "today" }, -1, "UTC", now), { kind: "date", date: "2026-11-20" });
  assert.deepEqual(shifted({ kind: "date", date: "2026-11-20" }, 1, "UTC", now), { kind: "preset", preset: "today" });
  assert.equal(shifted({ kind: "preset", preset: "today" }, 1, "UTC", now), null);
  assert.equal(rangeWords({ kind: "date", date: "2026-11-20" }, "UTC", now), "Yesterday");
  assert.equal(rangeWords({ kind: "span", from: at("2026-11-21T14:00:00Z"), to: at("2026-11-21T15:00:00Z") }, "UTC", now), "Sat 21 Nov, 14:00 to 15:00");
});

test("an hour that a clock change repeats says which of the two it is", () => {
  const axis = timeAxis("America/New_York", "2026-11-02");
  const hours = edgesOf(startOf("2026-11-01", "America/New_York"), startOf("2026-11-02", "America/New_York"), "hour", "America/New_York");
  const words = hours.slice(0, 4).map((from, index) => axis.words(from, hours[index + 1] ?? from));
  assert.deepEqual(words, ["Sun 1 Nov, 00:00 to 01:00 EDT", "Sun 1 Nov, 01:00 EDT to 01:00 EST", "Sun 1 Nov, 01:00 EST to 02:00", "Sun 1 Nov, 02:00 to 03:00"]);
  assert.equal(clockOnce(at("2026-10-25T00:30:00Z"), "Europe/Berlin"), "02:30 CEST");
  assert.equal(clockOnce(at("2026-10-25T01:30:00Z"), "Europe/Berlin"), "02:30 CET");
  // Where an hour is left out, none is repeated.
  assert.equal(clockOnce(at("2026-03-08T06:30:00Z"), "America/New_York"), "01:30");
  assert.equal(clockOnce(at("2026-03-08T07:30:00Z"), "America/New_York"), "03:30");
});

test("ticks lie at round local hours and have room", () => {
  const zone = "Asia/Tokyo";
  const from = startOf("2026-11-21", zone);
  const ticks = timeTicks(timeAxis(zone, "2026-11-21"), from, from + 24 * HOUR, 600);
  assert.equal(ticks[0]?.text, "00:00");
  assert.ok(ticks.length <= 11 && ticks.length >= 6);
});
