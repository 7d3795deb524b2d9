/** From the chosen range to instants, in the project's zone. */
import { CalendarDate, DAY, HOUR, addDays, clockOnce, dateOf, dayWords, startOf } from "../words/times";
import { RangeChoice, RangePreset } from "./view";

export interface Span {
  from: number;
  to: number;
  granularity: "minute" | "hour" | "day";
  /** The one calendar date that this span is, if it is one. */
  date: CalendarDate | null;
}

const PRESET_LENGTH: Record<Exclude<RangePreset, "today">, number> = {
  "1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY, "1y": 365 * DAY,
};

export const PRESET_WORDS: Record<RangePreset, string> = {
  "today": "Today", "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days", "1y": "Last 12 months",
};

/**
 * `now` is rounded down to the minute for rolling ranges, so that the same question is the same question for a minute and
 * the caches, here and in the server, can answer it.
 */
export function spanOf(range: RangeChoice, zone: string, now: number): Span {
  if (range.kind === "span") return { from: range.from, to: range.to, granularity: granularity(range.to - range.from), date: null };
  if (range.kind === "date" || range.preset === "today") {
    const date = range.kind === "date" ? range.date : dateOf(now, zone);
    return { from: startOf(date, zone), to: startOf(addDays(date, 1), zone), granularity: "hour", date };
  }
  const length = PRESET_LENGTH[range.preset];
  const to = Math.floor(now / 60_000) * 60_000 + 60_000;
  return { from: to - length, to, granularity: granularity(length), date: null };
}

function granularity(length: number): Span["granularity"] {
  if (length <= 3 * HOUR) return "minute";
  return length <= 8 * DAY ? "hour" : "day";
}

export function rangeWords(range: RangeChoice, zone: string, now: number): string {
  const today = dateOf(now, zone);
  switch (range.kind) {
    case "preset":
      return PRESET_WORDS[range.preset];
    case "date":
      if (range.date === today) return "Today";
      return range.date === addDays(today, -1) ? "Yesterday" : dayWords(range.date, today);
    case "span": {
      const from = dateOf(range.from, zone);
      const to = dateOf(range.to - 1, zone);
      const times = `${clockOnce(range.from, zone)} to ${clockOnce(range.to, zone)}`;
      return from === to ? `${dayWords(from, today)}, ${times}` : `${dayWords(from, today)} to ${dayWords(to, today)}`;
    }
  }
}

/** The period before or after: a day for a day, the same length for a span. Null where the future begins. */
export function shifted(range: RangeChoice, by: -1 | 1, zone: string, now: number): RangeChoice | null {
  const today = dateOf(now, zone);
  const span = spanOf(range, zone, now);
  if (span.date !== null) {
    const date = addDays(span.date, by);
    if (date > today) return null;
    return date === today ? { kind: "preset", preset: "today" } : { kind: "date", date };
  }
  const length = span.to - span.from;
  const from = span.from + by * length;
  if (from >= now) return null;
  return { kind: "span", from, to: from + length };
}

/** The range as parameters of the query API. */
export function rangeParameters(span: Span): { from: string; to: string } {
  return { from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString() };
}
