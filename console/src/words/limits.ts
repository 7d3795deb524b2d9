/** Rate limits in plain words, and how a rule behaves over time. */
import type { LimitRule } from "../api/limits";
import { exact } from "./numbers";

type Rule = Pick<LimitRule, "applies_to" | "source" | "algorithm" | "limit" | "window_seconds" | "burst">;

const UNITS: [number, string][] = [[86_400, "day"], [3_600, "hour"], [60, "minute"], [1, "second"]];

/** "minute", "10 minutes", "90 seconds". */
export function windowWords(seconds: number): string {
  for (const [size, name] of UNITS) {
    if (seconds === size) return name;
    if (seconds > size && seconds % size === 0) return `${exact(seconds / size)} ${name}s`;
  }
  return `${exact(seconds)} seconds`;
}

/** "a minute", "an hour", "in 10 minutes". */
function per(seconds: number): string {
  const words = windowWords(seconds);
  if (/^\d/.test(words)) return `in ${words}`;
  return `${words === "hour" ? "an" : "a"} ${words}`;
}

export function subjectWords(rule: Pick<Rule, "applies_to" | "source">): string {
  const where = rule.source === null ? "" : ` from ${rule.source}`;
  switch (rule.applies_to) {
    case "user": return `per user${where}`;
    case "key": return `per API key${where}`;
    case "source": return rule.source === null ? "per source" : `for ${rule.source}`;
  }
}

const submissions = (count: number): string => `${exact(count)} ${count === 1 ? "submission" : "submissions"}`;

/** "At most 30 submissions a minute per user, bursts of 60." */
export function ruleWords(rule: Rule): string {
  if (rule.algorithm === "sliding_window") {
    const span = windowWords(rule.window_seconds);
    return `At most ${submissions(rule.limit)} in any ${span} ${subjectWords(rule)}.`;
  }
  return `At most ${submissions(rule.limit)} ${per(rule.window_seconds)} ${subjectWords(rule)}, bursts of ${exact(rule.burst ?? rule.limit)}.`;
}

/** What a person notices: how long after a refusal the next one passes. */
export function recoveryWords(rule: Rule): string {
  if (!(rule.limit > 0) || !(rule.window_seconds > 0)) return "";
  if (rule.algorithm === "sliding_window") return `After the last of them, the next passes once the oldest is ${windowWords(rule.window_seconds).replace(/^(?=[a-z])/, "one ")} old.`;
  const seconds = rule.window_seconds / rule.limit;
  return seconds >= 1 ? `One more is allowed every ${seconds === 1 ? "second" : secondsWords(seconds)}.` : `${exact(Math.round(1 / seconds))} more are allowed every second.`;
}

function secondsWords(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toFixed(1))} seconds`;
  if (seconds < 7_200) return `${Number((seconds / 60).toFixed(1))} minutes`;
  return `${Number((seconds / 3_600).toFixed(1))} hours`;
}

// ---- The picture -----------------------------------------------------------------------------------------------------

export interface Behaviour {
  /** Length of the picture in seconds. */
  length: number;
  capacity: number;
  /** What is left (token bucket) or used (sliding window), as corners of a line. */
  line: { at: number; value: number }[];
  requests: { at: number; passes: boolean }[];
}

/** How often the time to fill again fits into the picture. */
export const STRETCHES_SHOWN = 2.5;
const REQUESTS_MAX = 400;

/**
 * The same story for every rule: somebody sends twice what is allowed at once, goes on at a quarter above the rate, and
 * pauses before the end. Token bucket: a token returns every window/limit seconds up to the capacity, and a submission takes
 * one. Sliding window: a submission passes while fewer than `limit` passed within the window before it.
 */
export function behaviour(rule: Rule): Behaviour {
  const window = Math.max(rule.window_seconds, 1);
  const limit = Math.max(Math.round(rule.limit), 1);
  const capacity = rule.algorithm === "token_bucket" ? Math.max(rule.burst ?? limit, 1) : limit;
  // A large burst takes longer than its window to fill again; the picture is long enough to show it.
  const stretch = rule.algorithm === "token_bucket" ? Math.max(window, (capacity * window) / limit) : window;
  const length = stretch * STRETCHES_SHOWN;
  const times = story((limit * stretch) / window, capacity, stretch);
  return rule.algorithm === "token_bucket" ? bucket(times, (limit * stretch) / window, capacity, stretch, length) : sliding(times, limit, window, length);
}

function story(limit: number, capacity: number, window: number): number[] {
  const scale = Math.max(1, (2 * capacity + 2 * limit) / REQUESTS_MAX);
  const burst = Math.ceil((1.4 * capacity) / scale);
  const pace = window / (limit * 1.25) * scale;
  const times = Array.from({ length: burst }, (_, index) => (index / burst) * window * 0.12);
  for (let at = window * 0.3; at < window * 1.75; at += pace) times.push(at);
  return times;
}

function bucket(times: number[], limit: number, capacity: number, window: number, length: number): Behaviour {
  const weight = Math.max(1, (2 * capacity + 2 * limit) / REQUESTS_MAX);
  let tokens = capacity;
  let before = 0;
  const line = [{ at: 0, value: capacity }];
  const requests = times.map((at) => {
    const full = before + ((capacity - tokens) * window) / limit;
    if (full < at) line.push({ at: full, value: capacity });
    tokens = Math.min(capacity, tokens + ((at - before) * limit) / window);
    before = at;
    line.push({ at, value: tokens });
    const passes = tokens >= Math.min(weight, capacity);
    if (passes) tokens -= Math.min(weight, capacity);
    line.push({ at, value: tokens });
    return { at, passes };
  });
  const full = before + ((capacity - tokens) * window) / limit;
  if (full < length) line.push({ at: full, value: capacity });
  line.push({ at: length, value: Math.min(capacity, tokens + ((length - before) * limit) / window) });
  return { length, capacity, line, requests };
}

function sliding(times: number[], limit: number, window: number, length: number): Behaviour {
  const weight = Math.max(1, (4 * limit) / REQUESTS_MAX);
  const passed: number[] = [];
  const requests = times.map((at) => {
    const used = passed.filter((other) => other > at - window).length * weight;
    const passes = used + weight <= limit + 0.001;
    if (passes) passed.push(at);
    return { at, passes };
  });
  const changes = [...passed.map((at) => ({ at, by: weight })), ...passed.map((at) => ({ at: at + window, by: -weight }))].filter((change) => change.at <= length).sort((one, other) => one.at - other.at);
  let used = 0;
  const line = [{ at: 0, value: 0 }];
  for (const change of changes) {
    line.push({ at: change.at, value: used });
    used = Math.max(0, used + change.by);
    line.push({ at: change.at, value: used });
  }
  line.push({ at: length, value: used });
  return { length, capacity: limit, line, requests };
}

// ---- What the editor refuses before the server does ---------------------------------------------------------------------

export const LIMIT_MAX = 1_000_000;
export const WINDOW_SECONDS_MAX = 86_400 * 31;

/** Problems of a rule by its member's name. */
export function ruleProblems(rule: { limit: number; window_seconds: number; burst: number | null; algorithm: string; applies_to: string; source: string | null }): Record<string, string> {
  const out: Record<string, string> = {};
  if (!Number.isInteger(rule.limit) || rule.limit < 1 || rule.limit > LIMIT_MAX) out["limit"] = `A whole number from 1 to ${exact(LIMIT_MAX)}.`;
  if (!Number.isInteger(rule.window_seconds) || rule.window_seconds < 1 || rule.window_seconds > WINDOW_SECONDS_MAX) out["window_seconds"] = "From 1 second to 31 days.";
  if (rule.algorithm === "token_bucket" && rule.burst !== null && (!Number.isInteger(rule.burst) || rule.burst < 1 || rule.burst > LIMIT_MAX)) out["burst"] = `A whole number from 1 to ${exact(LIMIT_MAX)}, or empty for the limit itself.`;
  if (rule.source !== null && !/^[A-Za-z0-9_.:-]{1,64}$/.test(rule.source)) out["source"] = "1 to 64 letters, digits or _ . : -";
  return out;
}
