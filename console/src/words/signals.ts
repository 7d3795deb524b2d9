/** Signals of a day as causes, and their figures as people read them. Pure. */
import type { DaySignal } from "../api/days";
import { duration, percent, short } from "./numbers";

const ORDER = { high: 0, medium: 1, low: 2 } as const;
/** Detectors that look at refused attempts, each from its own side. */
const REFUSALS: ReadonlySet<string> = new Set(["code_above_baseline", "field_failing"]);
const SUBMISSIONS_FAIL = "event_failures:lead.submission";

export interface Cause {
  /** What is said first: the surest. */
  main: DaySignal;
  /** The same rows, as other detectors see them. */
  also: DaySignal[];
}

/** The surest first; what covers the same rows is one cause, not three. */
export function causesOf(signals: readonly DaySignal[]): Cause[] {
  const causes: Cause[] = [];
  const sorted = [...signals].sort((one, other) => Number(one.id === SUBMISSIONS_FAIL) - Number(other.id === SUBMISSIONS_FAIL) || ORDER[one.confidence] - ORDER[other.confidence]);
  for (const signal of sorted) {
    const cause = signal.id === SUBMISSIONS_FAIL ? largest(causes) : causes.find(({ main }) => sameRows(main, signal));
    if (cause) cause.also.push(signal);
    else causes.push({ main: signal, also: [] });
  }
  return causes.sort((one, other) => ORDER[one.main.confidence] - ORDER[other.main.confidence]);
}

function sameRows(one: DaySignal, other: DaySignal): boolean {
  if (!REFUSALS.has(one.detector) || !REFUSALS.has(other.detector)) return false;
  const [first, second] = [filterOf(one), filterOf(other)];
  return first.source !== undefined && first.source === second.source && (first.code === undefined || second.code === undefined || first.code === second.code);
}

/** The cause that explains most refused submissions. */
function largest(causes: readonly Cause[]): Cause | undefined {
  return causes.filter(({ main }) => REFUSALS.has(main.detector)).sort((one, other) => (other.main.rows?.count ?? 0) - (one.main.rows?.count ?? 0))[0];
}

function filterOf(signal: DaySignal): { source?: unknown; code?: unknown } {
  const { source, error_code, field } = signal.rows?.filter ?? {};
  // "/user/phone:phone_invalid": refused for that field with that code.
  return { source, code: error_code ?? (typeof field === "string" ? field.slice(field.lastIndexOf(":") + 1) : undefined) };
}

/** "56.266 ms" is "56 ms", "34.2%" is "34 %", "51.75 attempts" is "52 attempts"; all else stays. */
export function figureWords(value: string | number): string {
  if (typeof value === "number") return short(value);
  return tidied(value).replace(/^(\d+)\.\d+ (?=[a-z])/, (written) => `${Math.round(Number.parseFloat(written))} `);
}

/** The same within a sentence. */
export function tidied(text: string): string {
  return text
    .replace(/(?<![\d.,])(\d+(?:\.\d+)?) ms\b/g, (_, ms: string) => duration(Number(ms)))
    .replace(/(?<![\d.,])(\d+(?:\.\d+)?) ?%/g, (_, share: string) => percent(Number(share) / 100));
}
