// Plausible data for the test double: seeded attempts over the last days, and every aggregate computed from them, so that
// the numbers of different panels agree with each other as they do on the real server.
import { createHash } from "node:crypto";
import { contextOf } from "./attempts.mjs";
import { attemptHash, canonicalFields } from "./proof.mjs";

// The project lies where it is early afternoon now, so that today has both a past and a future whenever the tests run.
const ZONES = ["Pacific/Honolulu", "America/Los_Angeles", "America/Denver", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Oslo", "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi", "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Brisbane", "Pacific/Auckland"];
const hourIn = (zone) => Number(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(Date.now()));
export const ZONE = ZONES.reduce((best, zone) => (Math.abs(hourIn(zone) - 15) < Math.abs(hourIn(best) - 15) ? zone : best));
export const PROJECTS = [
  { project_id: "prj_northwind", name: "Northwind Lending", time_zone: ZONE, region: "us-east" },
  { project_id: "prj_fjord", name: "Fjord Refinance", time_zone: "Europe/Oslo", region: "eu-north" },
];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEPS = ["visit", "start", "contact", "property", "loan", "consent", "submitted", "accepted"];
const KEEP = [1, 0.62, 0.71, 0.88, 0.81, 0.9, 0.94, 0.86];
const SOURCES = [["web_form", 0.46], ["partner_api", 0.24], ["call_center", 0.12], ["webhook", 0.1], ["bulk_import", 0.08]];
const CHANNELS = [["organic", 0.34], ["paid_search", 0.28], ["affiliate", 0.2], ["email", 0.12], ["referral", 0.06]];
const FAILURES = [
  ["validation", "phone_invalid", "The phone number is not valid: +1 555 is too short.", 0.3, "/user/phone"],
  ["validation", "email_invalid", "The email address is not valid: it has no domain.", 0.18, "/user/email"],
  ["validation", "field_range", "loan_amount must lie between 1 and 100,000,000.", 0.14, "/fields/loan_amount"],
  ["validation", "consent_missing", "Consent was not given.", 0.08, "/consent"],
  ["duplicate", "duplicate_lead", "The same person sent this lead 3 h ago.", 0.12, null],
  ["rate_limited", "rate_limit_user", "This person's limit of 5 attempts in 10 minutes was reached.", 0.08, null],
  ["malformed", "body_not_json", "The body is not JSON: it ends after 212 bytes.", 0.05, null],
  ["timeout", "dependency_timeout", "The credit check did not answer within 2 s.", 0.05, null],
];

function randomness(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = (random, weighted) => {
  let left = random() * weighted.reduce((sum, entry) => sum + entry[1], 0);
  return (weighted.find((entry) => (left -= entry[1]) < 0) ?? weighted[0])[0];
};
export const hex = (text) => createHash("sha256").update(text).digest("hex");
const parts = new Map();
export function local(instant, zone = ZONE) {
  if (!parts.has(zone)) parts.set(zone, new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23" }));
  const found = Object.fromEntries(parts.get(zone).formatToParts(instant).map((part) => [part.type, part.value]));
  return { date: `${found.year}-${found.month}-${found.day}`, hour: Number(found.hour) };
}

/** Attempts of the last `days` days until `now`, oldest first. With `days` 0, none. */
export function makeWorld({ now, days, seed, ...settings }) {
  const random = randomness(seed);
  const attempts = [];
  const users = Array.from({ length: 700 }, (_, index) => `usr_${hex(`u${index}`).slice(0, 16)}`);
  const from = Math.floor((now - days * DAY) / HOUR) * HOUR;
  let previous = "0".repeat(64);
  for (let hour = from; days > 0 && hour < now; hour += HOUR) {
    const { hour: localHour, date } = local(hour);
    const weekend = [0, 6].includes(new Date(`${date}T12:00:00Z`).getUTCDay());
    const busy = 1.2 + 9 * Math.exp(-((localHour - 13.5) ** 2) / 22);
    const count = Math.round(busy * (weekend ? 0.7 : 1) * (0.7 + 0.6 * random()) * 11);
    const times = Array.from({ length: count }, () => hour + Math.floor(random() * HOUR)).filter((at) => at <= now).sort((a, b) => a - b);
    for (const at of times) {
      const row = makeAttempt(random, at, users, attempts.length + 1, now);
      row.previous_hash = previous;
      row.hash = previous = attemptHash(previous, canonicalFields(row, JSON.stringify(contextOf(row))));
      attempts.push(row);
    }
  }
  return begunAnew({ now, attempts, byDate: grouped(attempts, (row) => row.logical_date) }, settings);
}

/** The same attempts, and nothing else that happened. */
export function begunAnew({ now, attempts, byDate }, settings) {
  return { now, attempts, byDate, keys: [firstKey(now)], reports: new Map(), verified: new Map(), zone: ZONE, settings };
}

function makeAttempt(random, at, users, sequence, now) {
  const { date, hour } = local(at);
  const source = pick(random, SOURCES);
  const channel = pick(random, CHANNELS);
  const broken = source === "partner_api" && now - at < 9 * HOUR && hour >= 6;
  const failed = random() < (broken ? 0.55 : source === "bulk_import" ? 0.2 : 0.11);
  const failure = failed ? (broken && random() < 0.8 ? ["validation", "phone_country_missing", "The phone number lacks its country code: write +1 before its ten digits.", 0, "/user/phone"] : FAILURES[weightedIndex(random, FAILURES.map((entry) => entry[3]))]) : null;
  const id = hex(`a${sequence}`);
  return {
    attempt_id: `att_${id.slice(0, 22)}`, sequence, user_id: failure?.[0] === "malformed" ? null : users[Math.floor(random() ** 2 * users.length)],
    source, channel, received_at: new Date(at).toISOString(), logical_date: date, outcome: failed ? "failure" : "success",
    failure_category: failure?.[0] ?? null, failure_code: failure?.[1] ?? null, failure_message: failure?.[1] === "rate_limit_user" ? `${failure[2]} The next submission passes at ${new Date(at + 72_000).toISOString()}.` : failure?.[2] ?? null,
    retry_attempt: random() < 0.12 ? 2 : 1, duration_ms: Math.round((6 + 40 * random() ** 3 + (failure?.[0] === "timeout" ? 2000 : 0)) * 10) / 10,
    lead_id: failed ? null : `led_${id.slice(22, 44)}`, idempotency_key: random() < 0.6 ? `idem-${id.slice(0, 12)}` : null,
    at, hour: Math.floor(at / HOUR) * HOUR, pointer: failure?.[4] ?? null,
  };
}

function weightedIndex(random, weights) {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (left -= weight) < 0);
  return found < 0 ? 0 : found;
}

const firstKey = (now) => ({ key_id: "key_first", prefix: "dbk_northwind_4f9c", name: "First key", scopes: ["ingest", "query", "admin"], created_at: new Date(now - 9 * DAY).toISOString(), expires_at: null, last_used_at: new Date(now - 42_000).toISOString(), revoked_at: null });

// ---- Questions -------------------------------------------------------------------------------------------------------

const FIELD = { source: "source", channel: "channel", outcome: "outcome", error_category: "failure_category", error_code: "failure_code", user_id: "user_id" };

export function filtered(world, query) {
  const { from, to } = range(world, query);
  const wanted = Object.entries(FIELD).map(([name, member]) => [query.getAll(name), member]).filter(([values]) => values.length > 0);
  const asked = (query.get("q")?.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map((term) => term.replace(/"/g, "").toLowerCase());
  return world.attempts.filter((row) => row.at >= from && row.at < to && wanted.every(([values, member]) => values.includes(row[member])) && asked.every((term) => matches(row, term)));
}

/** One term of `q`. A person's address and number are made from the user's id, so that a test can search by them. */
function matches(row, term) {
  const [field, value] = term.includes(":") ? [term.slice(0, term.indexOf(":")), term.slice(term.indexOf(":") + 1)] : [null, term];
  switch (field) {
    case "email": return row.user_id !== null && (value === emailOf(row.user_id) || hex(emailOf(row.user_id)).startsWith(value.replace("sha256:", "")));
    case "phone": return false;
    case "lead": return row.lead_id === value;
    case "attempt": return row.attempt_id === value;
    case "user": return row.user_id === value;
    case "schema": return row.source === "web_form" && value === "3";
    case null: return `${row.failure_code ?? ""} ${row.failure_message ?? ""}`.toLowerCase().includes(term);
    default: return `${row.failure_code ?? ""} ${row.failure_message ?? ""}`.toLowerCase().includes(term);
  }
}

export const emailOf = (user) => `${user.slice(4, 10)}@example.com`;

export function range(world, query) {
  if (query.get("from")) return { from: Date.parse(query.get("from")), to: Date.parse(query.get("to") ?? new Date(world.now + 60_000).toISOString()) };
  return { from: world.now - DAY, to: world.now };
}

export const count = (rows, test) => rows.reduce((sum, row) => sum + (test(row) ? 1 : 0), 0);
export const failure = (row) => row.outcome === "failure";
export const success = (row) => row.outcome === "success";
export const ratio = (part, whole) => (whole > 0 ? part / whole : null);
export const quantile = (rows, q) => {
  if (rows.length === 0) return null;
  const sorted = rows.map((row) => row.duration_ms).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
};
export const grouped = (rows, key) => {
  const groups = new Map();
  for (const row of rows) {
    const name = key(row);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return groups;
};
export const iso = (instant) => new Date(instant).toISOString();

export function overview(world, date, until) {
  const rows = world.attempts.filter((row) => row.logical_date === date);
  const today = local(world.now).date === date;
  const earlier = [...grouped(world.attempts.filter((row) => row.logical_date < date), (row) => row.logical_date).entries()].map(([day, all]) => ({
    day, rows: today ? all.filter((row) => local(row.at).hour < local(until).hour || (local(row.at).hour === local(until).hour && new Date(row.at).getUTCMinutes() <= new Date(until).getUTCMinutes())) : all,
  }));
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
  const average = (list) => ({
    attempts: list.length ? list.reduce((sum, entry) => sum + entry.rows.length, 0) / list.length : 0,
    leads: list.length ? list.reduce((sum, entry) => sum + count(entry.rows, success), 0) / list.length : 0,
    success_share: ratio(list.reduce((sum, entry) => sum + count(entry.rows, success), 0), list.reduce((sum, entry) => sum + entry.rows.length, 0)),
    days: list.length,
  });
  const failures = rows.filter(failure);
  const top = [...grouped(failures, (row) => `${row.failure_code} ${row.source}`).values()].sort((a, b) => b.length - a.length)[0];
  const hours = (test) => Array.from({ length: 24 }, (_, hour) => count(rows, (row) => local(row.at).hour === hour && test(row)));
  return {
    date, is_today: today,
    today: { attempts: rows.length, leads: count(rows, success), failures: failures.length, events: rows.length * 9, success_share: ratio(count(rows, success), rows.length), p95_latency_ms: quantile(rows, 0.95), cost_micro_usd: rows.length * 412 },
    all_time: { attempts: world.attempts.length, leads: count(world.attempts, success), failures: count(world.attempts, failure), events: world.attempts.length * 9, success_share: ratio(count(world.attempts, success), world.attempts.length), first_day: world.attempts[0]?.logical_date ?? null, days: new Set(world.attempts.map((row) => row.logical_date)).size },
    trailing: { same_weekday: average(earlier.filter((entry) => new Date(`${entry.day}T00:00:00Z`).getUTCDay() === weekday).slice(-7)), seven_days: average(earlier.slice(-7)) },
    top_failure: top ? { code: top[0].failure_code, category: top[0].failure_category, source: top[0].source, count: top.length, since: top[0].received_at } : null,
    spark: { attempts: hours(() => true), leads: hours(success), failures: hours(failure), events: hours(() => true).map((value) => value * 9) },
  };
}

/** The same question without some of its filters. */
function without(query, ...names) {
  const fewer = new URLSearchParams(query);
  for (const name of names) fewer.delete(name);
  return fewer;
}

export function funnel(world, query) {
  const rows = filtered(world, query);
  const sessions = Math.round(filtered(world, without(query, "outcome", "error_category", "error_code", "user_id")).length * 3.6);
  let reached = sessions;
  const steps = STEPS.map((step, index) => {
    const before = reached;
    reached = Math.round(reached * KEEP[index]);
    return { step, position: index + 1, sessions: reached, events: world.settings.no_steps && step !== "accepted" ? 0 : Math.round(reached * 1.1), conversion_from_previous: index === 0 ? null : ratio(reached, before), conversion_from_first: ratio(reached, sessions), drop_off: before - reached, p50_ms: 4000 + index * 3100, p95_ms: 21_000 + index * 14_000 };
  });
  const by_channel = [...grouped(rows, (row) => row.channel).entries()].map(([channel, all]) => ({ channel, attempts: all.length, leads: count(all, success), failures: count(all, failure), conversion_rate: ratio(count(all, success), all.length), failure_density: ratio(count(all, failure), all.length), p95_latency_ms: quantile(all, 0.95) }));
  return { funnel: "mortgage_refinance", steps, steps_narrowed_by: ["source", "channel"], totals: { attempts: rows.length, leads: count(rows, success), failures: count(rows, failure), conversion_rate: ratio(count(rows, success), rows.length), p95_latency_ms: quantile(rows, 0.95) }, by_channel };
}

export function failures(world, query) {
  const outcomes = query.getAll("outcome");
  if (outcomes.length > 0 && !outcomes.includes("failure")) return { partial: true, missing: ["total_attempts", "failure_share"], total_failures: 0, total_attempts: null, failure_share: null, groups: [], by_category: [], heat: [], page: { next_cursor: null, has_more: false } };
  const rows = filtered(world, without(query, "outcome", "error_category", "error_code"));
  const failed = filtered(world, query).filter(failure);
  const groups = [...grouped(failed, (row) => `${row.failure_category} ${row.failure_code} ${row.source}`).values()].map((all) => ({
    category: all[0].failure_category, code: all[0].failure_code, source: all[0].source, channel: null, count: all.length, share: ratio(all.length, failed.length),
    first_seen: all[0].received_at, last_seen: all[all.length - 1].received_at, sample_event_ids: all.slice(-3).map((row) => row.attempt_id),
    trend: [...grouped(all, (row) => row.hour).entries()].map(([at, list]) => ({ at: iso(at), count: list.length })),
    retry_outcomes: { first_try: 0, recovered: Math.floor(all.length * 0.3), exhausted: world.settings.no_maximum ? 0 : Math.floor(all.length * 0.1), pending: Math.ceil(all.length * 0.6) },
  })).sort((a, b) => b.count - a.count);
  const limit = Number(query.get("limit") ?? 50);
  return {
    total_failures: failed.length, total_attempts: rows.length, failure_share: ratio(failed.length, rows.length), groups: groups.slice(0, limit),
    by_category: [...grouped(failed, (row) => row.failure_category).entries()].map(([category, all]) => ({ category, count: all.length })).sort((a, b) => b.count - a.count),
    heat: [...grouped(failed, (row) => `${row.failure_category}|${row.source}|${row.hour}`).values()].map((all) => ({ category: all[0].failure_category, source: all[0].source, hour: iso(all[0].hour), count: all.length })),
    page: { next_cursor: null, has_more: groups.length > limit },
  };
}

export function timeseries(world, query) {
  const rows = filtered(world, query);
  const step = { minute: 60_000, hour: HOUR, day: DAY }[query.get("granularity") ?? "hour"];
  const { from, to } = range(world, query);
  // Hours and minutes begin with those of UTC, whatever the range begins with.
  const first = step === DAY ? from : Math.floor(from / step) * step;
  const buckets = grouped(rows, (row) => first + Math.floor((row.at - first) / step) * step);
  const value = { attempts: (all) => all.length, leads: (all) => count(all, success), failures: (all) => count(all, failure), p95_latency: (all) => quantile(all, 0.95) };
  const series = query.getAll("metric").map((metric) => ({
    metric, group: null, unit: metric.endsWith("latency") ? "ms" : "count",
    points: Array.from({ length: Math.max(0, Math.ceil((Math.min(to, world.now) - first) / step)) }, (_, index) => ({ at: iso(first + index * step), value: value[metric]?.(buckets.get(first + index * step) ?? []) ?? null })),
  }));
  return { series, filling_from: to > world.now ? iso(first + Math.floor((world.now - first) / step) * step) : null };
}

export function facets(world, query) {
  const rows = filtered(world, query);
  const fields = query.getAll("field");
  return { facets: fields.map((field) => ({ field, values: [...grouped(rows.filter((row) => row[FIELD[field]]), (row) => row[FIELD[field]]).entries()].map(([value, all]) => ({ value, count: all.length })).sort((a, b) => b.count - a.count), other_count: 0 })) };
}

export function realtime(world) {
  const within = (span) => world.attempts.filter((row) => row.at > world.now - span);
  const totals = (rows) => ({ attempts: rows.length, leads: count(rows, success), failures: count(rows, failure), events: rows.length * 9 });
  return {
    last_5_minutes: totals(within(300_000)), last_hour: totals(within(HOUR)), lag_seconds: 0.4, incidents: [],
    per_minute: Array.from({ length: 60 }, (_, index) => {
      const from = Math.floor(world.now / 60_000) * 60_000 - (59 - index) * 60_000;
      const rows = world.attempts.filter((row) => row.at >= from && row.at < from + 60_000);
      return { at: iso(from), attempts: rows.length, failures: count(rows, failure), events: rows.length * 9 + (index % 3) };
    }),
  };
}

export const decimal = (part, whole, places = 4) => (whole > 0 ? (part / whole).toFixed(places) : null);

/** In the form of the real one: ratios and milliseconds are decimal texts. */
export function snapshot(rows, date) {
  const failed = rows.filter(failure);
  const hours = (list) => Array.from({ length: 24 }, (_, hour) => count(list, (row) => local(row.at).hour === hour));
  const groups = (member) => ({ distinct: new Set(rows.map((row) => row[member])).size, other: null, rows: [...grouped(rows, (row) => row[member]).entries()].map(([name, all]) => ({ name, attempts: all.length, successes: count(all, success), failures: count(all, failure), failure_share: decimal(count(all, failure), all.length), p95_ms: quantile(all, 0.95).toFixed(3), ...(member === "source" ? { by_hour: hours(all) } : {}) })).sort((a, b) => b.attempts - a.attempts) });
  const failuresBy = (key, names) => [...grouped(failed, key).values()].map((all) => ({ ...names(all[0]), count: all.length, share_of_failures: decimal(all.length, failed.length) })).sort((a, b) => b.count - a.count);
  return {
    format: 1, project_id: "prj_northwind", date, time_zone: ZONE, starts_at: rows[0].received_at, ends_at: rows[rows.length - 1].received_at,
    attempts: { attempts: rows.length, successes: count(rows, success), failures: failed.length, failure_share: decimal(failed.length, rows.length), first_sequence: rows[0].sequence, last_sequence: rows[rows.length - 1].sequence, first_at: rows[0].received_at, last_at: rows[rows.length - 1].received_at },
    leads: count(rows, success), by_hour: hours(rows).map((attempts, hour) => ({ starts_at: iso(rows[0].hour + (hour - local(rows[0].at).hour) * HOUR), hour, attempts, successes: count(rows, (row) => local(row.at).hour === hour && success(row)), failures: count(failed, (row) => local(row.at).hour === hour) })),
    by_source: groups("source"), by_channel: groups("channel"), by_category: failuresBy((row) => row.failure_category, (row) => ({ category: row.failure_category })), by_code: failuresBy((row) => row.failure_code, (row) => ({ category: row.failure_category, code: row.failure_code })),
    by_source_and_code: failuresBy((row) => `${row.source} ${row.failure_code}`, (row) => ({ source: row.source, category: row.failure_category, code: row.failure_code, first_at: row.received_at, share_of_source: null, by_hour: [] })).map(({ share_of_failures, ...row }) => row),
    field_errors: failuresBy((row) => row.pointer ?? "", (row) => ({ source: row.source, pointer: row.pointer ?? "/", code: row.failure_code })).map(({ share_of_failures, ...row }) => row),
    retries: { first_try: count(rows, (row) => success(row) && row.retry_attempt === 1), recovered: count(rows, (row) => success(row) && row.retry_attempt > 1), failed_first: failed.length, failed_again: 0, by_attempt: [{ attempt: 1, attempts: rows.length, successes: count(rows, success) }] },
    users: { distinct: new Set(rows.map((row) => row.user_id)).size, anonymous_attempts: count(rows, (row) => !row.user_id), top: [...grouped(rows.filter((row) => row.user_id), (row) => row.user_id).entries()].map(([user_id, all]) => ({ user_id, attempts: all.length, failures: count(all, failure), share: decimal(all.length, rows.length) })).sort((a, b) => b.attempts - a.attempts).slice(0, 10), top_share: "0.0052", top_ten_share: "0.0410" },
    latency: { count: rows.length, p50_ms: quantile(rows, 0.5).toFixed(3), p90_ms: quantile(rows, 0.9).toFixed(3), p95_ms: quantile(rows, 0.95).toFixed(3), p99_ms: quantile(rows, 0.99).toFixed(3), max_ms: quantile(rows, 1).toFixed(3) },
    events: null, comparison: { days: [], attempts_mean: "1042.00", leads_mean: "921.00", failures_mean: "121.00", failure_share: "0.1161", p95_ms_mean: "31.020", users_mean: "488.00", sources: [], codes: [] },
  };
}

export function books(world, date) {
  const rows = count(world.attempts, (row) => row.logical_date === date);
  const stored = rows * 9;
  const duplicate = Math.round(rows * 0.06);
  const rejected = rows > 0 ? { field_missing: Math.round(rows * 0.02) + 1, time_too_old: 3 } : {};
  const rejected_total = Object.values(rejected).reduce((sum, value) => sum + value, 0);
  return { date, received: stored + duplicate + rejected_total, stored, duplicate, sampled: 0, rejected, rejected_total, quarantined: {}, quarantined_total: 0, balanced: true, pending: local(world.now).date === date && rows > 0 ? 14 : 0, lag_seconds: 0.4 };
}

export const system = (world) => ({
  version: "0.1.0", environment: "dev", started_at: iso(world.now - 5 * HOUR), stream: { head: 18_204, committed: 18_203, lag_frames: 1, lag_seconds: 0.4, bytes_on_disk: 48_200_000, bytes_budget: 4_000_000_000 },
  event_store: { ok: true, rows: world.attempts.length * 9, detail: null }, ledger: { ok: true }, model: { ok: false, detail: "model_not_configured" }, roles: ["intake", "processor", "query", "scheduler"], clock: iso(Date.now()),
});
