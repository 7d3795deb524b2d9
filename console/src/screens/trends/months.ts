/** Buckets of days or weeks without holes, so that what is missing is seen as missing. Pure. */
import type { TrendPoint } from "../../api/trends";
import { CalendarDate, addDays } from "../../words/times";

export interface Bucket {
  date: CalendarDate;
  /** The last day of it. */
  last: CalendarDate;
  /** False where the server has nothing on record. */
  known: boolean;
  attempts: number;
  leads: number;
  failures: number;
  users: number | null;
  closed: boolean | null;
  balanced: boolean | null;
}

/**
 * From the first point to today; days or weeks without a point are there, and empty. Whether the books of a date balance is
 * known from the list of days, where the point itself does not say.
 */
export function bucketsOf(points: readonly TrendPoint[], by: "day" | "week", today: CalendarDate, balanced: ReadonlyMap<CalendarDate, boolean> = new Map()): Bucket[] {
  const step = by === "day" ? 1 : 7;
  const sorted = [...points].sort((one, other) => (one.date < other.date ? -1 : 1));
  const first = sorted[0]?.date;
  if (first === undefined) return [];
  const byDate = new Map(sorted.map((point) => [point.date, point]));
  const out: Bucket[] = [];
  for (let date = first; date <= today; date = addDays(date, step)) {
    const point = byDate.get(date);
    const end = addDays(date, step - 1);
    out.push({
      date, last: end > today ? today : end, known: point !== undefined,
      attempts: point?.attempts ?? 0, leads: point?.leads ?? 0, failures: point?.failures ?? 0, users: point?.users ?? null, closed: point?.closed ?? null, balanced: point?.balanced ?? booksOf(date, end, balanced),
    });
  }
  return out;
}

export interface Sums {
  attempts: number;
  leads: number;
  failures: number;
  /** Days that are covered. */
  days: number;
}

export function sumOf(buckets: readonly Bucket[]): Sums {
  const out: Sums = { attempts: 0, leads: 0, failures: 0, days: 0 };
  for (const bucket of buckets) {
    if (!bucket.known) continue;
    out.attempts += bucket.attempts;
    out.leads += bucket.leads;
    out.failures += bucket.failures;
    out.days += Math.round((Date.parse(bucket.last) - Date.parse(bucket.date)) / 86_400_000) + 1;
  }
  return out;
}

export const FOUR_WEEKS = 28;

export interface Recent {
  from: CalendarDate;
  to: CalendarDate;
  now: Sums;
  /** The same length just before; null unless every day of both is on record. */
  before: Sums | null;
}

/**
 * The four weeks until the last day that is over, from the buckets of days whatever the screen shows, so that days and weeks
 * say the same. A day that goes on is no day to compare with. Null before the first day is over.
 */
export function recent(days: readonly Bucket[], today: CalendarDate): Recent | null {
  const over = days.filter((day) => day.date < today);
  const last = over[over.length - 1];
  if (!last) return null;
  const from = addDays(last.date, 1 - FOUR_WEEKS);
  const now = sumOf(over.filter((day) => day.date >= from));
  const before = sumOf(over.filter((day) => day.date < from && day.date >= addDays(from, -FOUR_WEEKS)));
  return { from, to: last.date, now, before: now.days === FOUR_WEEKS && before.days === FOUR_WEEKS ? before : null };
}

/** Those whose days are all over. */
export function overBy(buckets: readonly Bucket[], today: CalendarDate): Bucket[] {
  // The bucket that goes on ends today: it is cut there.
  return buckets.filter((bucket) => bucket.last < today);
}

/** False when any day of it is off, true when all that are known balance, null when none is known. */
function booksOf(from: CalendarDate, to: CalendarDate, balanced: ReadonlyMap<CalendarDate, boolean>): boolean | null {
  let known: boolean | null = null;
  for (let date = from; date <= to; date = addDays(date, 1)) {
    const found = balanced.get(date);
    if (found === false) return false;
    if (found === true) known = true;
  }
  return known;
}
