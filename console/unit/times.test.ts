import assert from "node:assert/strict";
import { test } from "node:test";
import { timeTicks, timeAxis } from "../src/charts/axis";
import { bucketOf, countsByHour, edgesOf, edgesThrough, endOfHour, gathered, hoursOfDay } from "../src/state/buckets";
import { rangeWords, shifted, spanOf } from "../src/state/range";
import { HOUR, MINUTE, addDays, clock, clockOnce, dateOf, dayWords, isDate, startOf, weekday } from "../src/words/times";

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

const NEW_YORK = "America/New_York";
const LORD_HOWE = "Australia/Lord_Howe";
/** One attempt for each minute of a date, as the server counts them by the hour from the day's start on. */
function minutely(date: string, zone: string) {
  const edges = hoursOfDay(date, zone);
  return edges.slice(0, -1).map((from, index) => ({ at: from, value: ((edges[index + 1] ?? from) - from) / MINUTE }));
}

test("a narrowed day has a number for each of its hours: 23, 25, and a short last one", () => {
  const spring = countsByHour(minutely("2026-03-08", NEW_YORK), "2026-03-08", NEW_YORK);
  assert.deepEqual(spring, new Array(23).fill(60));
  const autumn = countsByHour(minutely("2026-11-01", NEW_YORK), "2026-11-01", NEW_YORK);
  assert.deepEqual(autumn, new Array(25).fill(60));
  // 01:00 to 02:00 comes twice, and neither is counted for the other.
  const twice = [{ at: at("2026-11-01T05:00:00Z"), value: 3 }, { at: at("2026-11-01T06:00:00Z"), value: 4 }, { at: at("2026-11-02T04:00:00Z"), value: 5 }];
  assert.deepEqual(countsByHour(twice, "2026-11-01", NEW_YORK), [0, 3, 4, ...new Array<number>(21).fill(0), 5]);
  assert.deepEqual(countsByHour([{ at: at("2026-03-08T07:00:00Z"), value: 1 }], "2026-03-08", NEW_YORK), [0, 0, 1, ...new Array<number>(20).fill(0)]);
  // Lord Howe Island moves its clocks by half an hour: the day's last hour has the half that is left over.
  assert.deepEqual(countsByHour(minutely("2026-04-05", LORD_HOWE), "2026-04-05", LORD_HOWE), [...new Array<number>(24).fill(60), 30]);
  assert.deepEqual(countsByHour(minutely("2026-10-04", LORD_HOWE), "2026-10-04", LORD_HOWE), [...new Array<number>(23).fill(60), 30]);
  assert.deepEqual(countsByHour([], "2026-11-21", NEW_YORK), new Array(24).fill(0));
});

test("no hour reaches over the end of its day", () => {
  const [from, to] = [startOf("2026-04-05", LORD_HOWE), startOf("2026-04-06", LORD_HOWE)];
  const day = hoursOfDay("2026-04-05", LORD_HOWE);
  assert.equal(day[day.length - 1], to);
  assert.deepEqual(edgesOf(from, to, "hour", LORD_HOWE), day);
  assert.deepEqual(edgesThrough([from + 3 * HOUR], from, to, "hour", LORD_HOWE), day);
  assert.equal(endOfHour(day[24] ?? 0, LORD_HOWE), to);
  assert.equal(endOfHour(day[23] ?? 0, LORD_HOWE), day[24]);
  // Over such a day, those that follow begin with their own midnight again.
  const week = edgesThrough([from], from, startOf("2026-04-08", LORD_HOWE), "hour", LORD_HOWE);
  assert.ok(["2026-04-06", "2026-04-07"].every((date) => week.includes(startOf(date, LORD_HOWE))));
  assert.equal(week.length - 1, 25 + 24 + 24);
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

test("half an hour that is repeated, and one that is left out", () => {
  const axis = timeAxis(LORD_HOWE, "2026-04-06");
  const words = (date: string, index: number) => {
    const hours = hoursOfDay(date, LORD_HOWE);
    return axis.words(hours[index] ?? 0, hours[index + 1] ?? 0);
  };
  assert.equal(words("2026-04-05", 0), "Sun 5 Apr, 00:00 to 01:00");
  assert.equal(words("2026-04-05", 1), "Sun 5 Apr, 01:00 to 01:30 GMT+10:30");
  assert.equal(words("2026-04-05", 2), "Sun 5 Apr, 01:30 GMT+10:30 to 02:30");
  assert.equal(words("2026-04-05", 24), "Sun 5 Apr, 23:30 to 00:00");
  assert.equal(clockOnce(at("2026-04-04T14:45:00Z"), LORD_HOWE), "01:45 GMT+11");
  assert.equal(words("2026-10-04", 1), "Sun 4 Oct, 01:00 to 02:30");
});

test("a range within a repeated hour says which of the two it is", () => {
  const now = at("2026-11-21T20:15:30Z");
  assert.equal(rangeWords({ kind: "span", from: at("2026-11-01T05:00:00Z"), to: at("2026-11-01T06:00:00Z") }, NEW_YORK, now), "Sun 1 Nov, 01:00 EDT to 01:00 EST");
});

test("ticks lie at round local times, also where the zone's hours are none of UTC", () => {
  const texts = (date: string, zone: string, width: number) => timeTicks(timeAxis(zone, date), startOf(date, zone), startOf(addDays(date, 1), zone), width).map((tick) => tick.text);
  assert.deepEqual(texts("2026-11-21", "Asia/Kolkata", 600), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]);
  assert.deepEqual(texts("2026-11-21", "Asia/Kathmandu", 400), ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]);
  assert.deepEqual(texts("2026-04-05", LORD_HOWE, 600), ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"]);
  assert.deepEqual(texts("2026-11-01", NEW_YORK, 1600).slice(0, 4), ["00:00", "01:00 EDT", "01:00 EST", "02:00"]);
  assert.equal(texts("2026-03-08", NEW_YORK, 1600).length, 23);
});

test("ticks lie at round local hours and have room", () => {
  const zone = "Asia/Tokyo";
  const from = startOf("2026-11-21", zone);
  const ticks = timeTicks(timeAxis(zone, "2026-11-21"), from, from + 24 * HOUR, 600);
  assert.equal(ticks[0]?.text, "00:00");
  assert.ok(ticks.length <= 11 && ticks.length >= 6);
});
