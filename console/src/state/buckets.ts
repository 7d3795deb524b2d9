/** Buckets of time for charts: edges in the project's zone, and counts put between them. */
import { CalendarDate, DAY, HOUR, MINUTE, addDays, dateOf, startOf } from "../words/times";

export type Granularity = "minute" | "hour" | "day";

/** A start in milliseconds and what was counted from it on. */
export interface Point {
  at: number;
  value: number | null;
}

/**
 * The hours of a date in a zone, counted from its first instant as the server counts them, with its end as the last edge: 24
 * hours, 23 or 25 where the clocks change by an hour. Where they change by half of one, the last hour is a short one.
 */
export function hoursOfDay(date: CalendarDate, zone: string): number[] {
  const end = startOf(addDays(date, 1), zone);
  const edges: number[] = [];
  for (let edge = startOf(date, zone); edge < end; edge += HOUR) edges.push(edge);
  return [...edges, end];
}

/** How many in each hour of a date: one number for each of `hoursOfDay`, none where nothing was said of an hour. */
export function countsByHour(points: readonly Point[], date: CalendarDate, zone: string): number[] {
  return gathered(hoursOfDay(date, zone), points).map((count) => count ?? 0);
}

/**
 * Where the hour that begins with an edge ends: with its day, where that is sooner and the hours are counted from the day's
 * start. To be asked of ascending edges.
 */
function hourEnd(zone: string): (edge: number) => number {
  let day = { from: 0, to: -Infinity };
  return (edge) => {
    if (edge >= day.to) {
      const date = dateOf(edge, zone);
      day = { from: startOf(date, zone), to: startOf(addDays(date, 1), zone) };
    }
    return (edge - day.from) % HOUR === 0 ? Math.min(edge + HOUR, day.to) : edge + HOUR;
  };
}

/** Where one hour of a day ends that begins with `start`. */
export const endOfHour = (start: number, zone: string): number => hourEnd(zone)(start);

/** Edges from `from` to `to`, one more than there are buckets. Days follow the calendar of the zone. */
export function edgesOf(from: number, to: number, granularity: Granularity, zone: string): number[] {
  const edges: number[] = [];
  if (granularity === "day") {
    for (let date = dateOf(from, zone); startOf(date, zone) < to; date = addDays(date, 1)) edges.push(startOf(date, zone));
  } else {
    const step = granularity === "hour" ? HOUR : MINUTE;
    const first = to - from <= 2 * DAY && from % step !== 0 && granularity === "hour" ? from : Math.floor(from / step) * step;
    const after = granularity === "hour" ? hourEnd(zone) : (edge: number) => edge + MINUTE;
    let edge = first;
    for (; edge < to; edge = after(edge)) edges.push(edge);
    return [...edges, edge];
  }
  const last = edges[edges.length - 1] ?? from;
  return [...edges, startOf(addDays(dateOf(last, zone), 1), zone)];
}

/**
 * Edges from `from` to `to` through the starts of an answer's buckets, so that each of its points has a bucket whatever the
 * server's hours begin with (in some zones no hour of the calendar begins with one of UTC). Buckets that the answer leaves out
 * are there, and empty. Without any start: as `edgesOf`.
 */
export function edgesThrough(starts: Iterable<number>, from: number, to: number, granularity: Granularity, zone: string): number[] {
  const sorted = [...new Set(starts)].sort((one, other) => one - other);
  const [first] = sorted;
  if (first === undefined) return edgesOf(from, to, granularity, zone);
  const ofHour = hourEnd(zone);
  const after = (edge: number) => (granularity === "day" ? startOf(addDays(dateOf(edge, zone), 1), zone) : granularity === "hour" ? ofHour(edge) : edge + MINUTE);
  const before = (edge: number) => (granularity === "day" ? startOf(addDays(dateOf(edge, zone), -1), zone) : edge - (granularity === "hour" ? HOUR : MINUTE));
  const edges: number[] = [first];
  while ((edges[0] ?? from) > from) edges.unshift(before(edges[0] ?? from));
  const fill = (until: number) => {
    for (let next = after(edges[edges.length - 1] ?? first); next < until; next = after(next)) edges.push(next);
  };
  for (const start of sorted.slice(1)) {
    fill(start);
    edges.push(start);
  }
  fill(to);
  edges.push(after(edges[edges.length - 1] ?? first));
  return edges;
}

/** The part of a bucket that the range holds, when it holds a part alone: its number is not that of a whole bucket. */
export function cutOf(bucket: { from: number; to: number }, span: { from: number; to: number }): { from: number; to: number } | null {
  const cut = { from: Math.max(bucket.from, span.from), to: Math.min(bucket.to, span.to) };
  return cut.from > bucket.from || cut.to < bucket.to ? cut : null;
}

/** The index of the bucket that holds an instant, else of the nearest: what an answer counts is never left out. */
export function nearestBucket(edges: readonly number[], at: number): number {
  if (edges.length < 2) return -1;
  if (at < (edges[0] ?? 0)) return 0;
  return at >= (edges[edges.length - 1] ?? 0) ? edges.length - 2 : bucketOf(edges, at);
}

/** The index of the bucket that holds an instant, or -1. */
export function bucketOf(edges: readonly number[], at: number): number {
  let low = 0;
  let high = edges.length - 1;
  if (high < 1 || at < (edges[0] ?? 0) || at >= (edges[high] ?? 0)) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return low;
}

/** Sums of points between edges; null where no point said anything. */
export function gathered(edges: readonly number[], points: readonly Point[]): (number | null)[] {
  const out: (number | null)[] = new Array<number | null>(Math.max(0, edges.length - 1)).fill(null);
  for (const point of points) {
    const index = nearestBucket(edges, point.at);
    if (index >= 0 && point.value !== null) out[index] = (out[index] ?? 0) + point.value;
  }
  return out;
}
