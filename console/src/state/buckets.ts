/** Buckets of time for charts: edges in the project's zone, and counts put between them. */
import { DAY, HOUR, MINUTE, addDays, dateOf, startOf } from "../words/times";

export type Granularity = "minute" | "hour" | "day";

/** Edges from `from` to `to`, one more than there are buckets. Days follow the calendar of the zone. */
export function edgesOf(from: number, to: number, granularity: Granularity, zone: string): number[] {
  const edges: number[] = [];
  if (granularity === "day") {
    for (let date = dateOf(from, zone); startOf(date, zone) < to; date = addDays(date, 1)) edges.push(startOf(date, zone));
  } else {
    const step = granularity === "hour" ? HOUR : MINUTE;
    const first = to - from <= 2 * DAY && from % step !== 0 && granularity === "hour" ? from : Math.floor(from / step) * step;
    for (let edge = first; edge < to; edge += step) edges.push(edge);
  }
  const last = edges[edges.length - 1] ?? from;
  edges.push(granularity === "day" ? startOf(addDays(dateOf(last, zone), 1), zone) : last + (granularity === "hour" ? HOUR : MINUTE));
  return edges;
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
export function gathered(edges: readonly number[], points: readonly { at: number; value: number | null }[]): (number | null)[] {
  const out: (number | null)[] = new Array<number | null>(Math.max(0, edges.length - 1)).fill(null);
  for (const point of points) {
    const index = bucketOf(edges, point.at);
    if (index >= 0 && point.value !== null) out[index] = (out[index] ?? 0) + point.value;
  }
  return out;
}
