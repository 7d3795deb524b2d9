// Days in full, their reports and trends, as the double tells them.
import { count, decimal, failure, grouped, hex, iso, local, quantile, ratio, snapshot, success } from "./data.mjs";
import { publicRow } from "./attempts.mjs";
import { sealOf } from "./proof.mjs";

const DAY = 86_400_000;
const addDays = (date, by) => new Date(Date.parse(`${date}T00:00:00Z`) + by * DAY).toISOString().slice(0, 10);
const weekday = (date) => new Date(`${date}T00:00:00Z`).getUTCDay();
const rowsOf = (world, date) => world.byDate.get(date) ?? [];
const known = (world) => [...world.byDate.keys()];
/** The open day is on record from its first hour on, with attempts or without. */
const listed = (world) => [...new Set([...known(world), local(world.now).date])];

/** The third day before today came late with three rows; it was never checked, the one before it was. */
const lateOf = (world, date) => (date === addDays(local(world.now).date, -2) ? rowsOf(world, date).slice(0, 3) : []);
const verificationOf = (world, date) => world.verified.get(date) ?? { status: "never", at: null, job_id: null, result: null };

export function days(world, from) {
  const today = local(world.now).date;
  return listed(world).filter((date) => date >= from).map((date) => {
    // Of the open day, the list knows what its last snapshot knew.
    const rows = date < today ? rowsOf(world, date) : rowsOf(world, date).slice(1);
    const { status, at } = verificationOf(world, date);
    return {
      date, state: date < today ? "closed" : "open", attempts: rows.length, leads: count(rows, success), failures: count(rows, failure), failure_share: ratio(count(rows, failure), rows.length),
      snapshot_sha256: hex(date), sealed: date < today, report_status: versionsOf(world, date).length > 0 ? versionsOf(world, date)[0].status : null, balanced: true,
      users: new Set(rows.map((row) => row.user_id)).size, late: lateOf(world, date).length, verified: { status, at },
    };
  }).reverse();
}

export function day(world, date) {
  const rows = rowsOf(world, date);
  const closed = date < local(world.now).date;
  const late = lateOf(world, date);
  return {
    date, state: closed ? "closed" : "open", snapshot_sha256: hex(date), refreshed_at: iso(world.now), snapshot: rows.length === 0 ? {} : snapshot(rows, date), seal: closed && rows.length > 0 ? sealOf(rows, date) : null,
    comparison: comparison(world, date), verification: verificationOf(world, date), signals: rows.length === 0 ? [] : signals(rows, date),
    late: { count: late.length, events: late.length > 0 ? 2 : 0, attempts: late.map((row) => ({ ...publicRow(row), late: { date: addDays(date, -1), received_at: row.received_at } })) },
  };
}

function comparison(world, date) {
  const before = known(world).filter((other) => other < date);
  const mean = (dates) => {
    const all = dates.flatMap((other) => rowsOf(world, other));
    const each = (value) => (dates.length > 0 ? Number((value / dates.length).toFixed(2)) : null);
    return { days: dates.length, attempts_mean: each(all.length), leads_mean: each(count(all, success)), failures_mean: each(count(all, failure)), failure_share: ratio(count(all, failure), all.length) };
  };
  return { trailing_seven_days: mean(before.slice(-7)), same_weekday: mean(before.filter((other) => weekday(other) === weekday(date)).slice(-8)), all_time: mean(before) };
}

function signals(rows, date) {
  const missing = rows.filter((row) => row.failure_code === "phone_country_missing");
  const partner = rows.filter((row) => row.source === "partner_api");
  const busy = [...grouped(rows.filter((row) => row.user_id), (row) => row.user_id).values()].sort((a, b) => b.length - a.length)[0];
  return [
    ...(missing.length > 5 ? [{
      id: "code_above_baseline:partner_api:phone_country_missing", detector: "code_above_baseline", title: "partner_api sends phone numbers without their country code",
      evidence: `${missing.length} of ${partner.length} attempts from partner_api failed with phone_country_missing; over the 7 days before it was none.`, baseline: { value: "0 %", days: 7 },
      observed: `${Math.round((100 * missing.length) / partner.length)} %`, confidence: "high", since: iso(missing[0].hour), rows: { filter: { date, source: "partner_api", error_code: "phone_country_missing" }, count: missing.length },
    }] : []),
    ...(missing.length > 5 ? [{
      id: "event_failures:lead.submission", detector: "event_failures", title: "lead.submission fails far more often than usual", evidence: `${count(rows, failure)} of ${rows.length} events of this type failed.`,
      baseline: { value: "9.7%", days: 7 }, observed: "17.64%", confidence: "high", since: null, rows: null,
    }] : []),
    ...(busy ? [{
      id: `user_concentration:${busy[0].user_id}`, detector: "user_concentration", title: "One person submits more often than others", evidence: `${busy.length} attempts came from one person.`,
      baseline: null, observed: `${busy.length} attempts`, confidence: "low", since: null, rows: { filter: { date, user_id: busy[0].user_id }, count: busy.length },
    }] : []),
  ];
}

// ---- Checking a day --------------------------------------------------------------------------------------------------

export function verify(world, date, jobs, broken) {
  const rows = rowsOf(world, date);
  return jobs.start("verify", {
    steps: ["reading", "recomputing the chain", "recomputing the tree", "comparing the snapshot"], total: rows.length, unit: "rows",
    finish: () => {
      const first = rows[Math.floor(rows.length / 2)];
      const result = {
        passed: !broken, rows: rows.length, rows_per_second: 184_000,
        checks: [
          { name: "rows", passed: !broken, detail: broken ? `attempt ${first.sequence} (${first.attempt_id}): its content does not give its hash` : `${rows.length} rows, each with its hash and its place in the chain`, first_wrong: broken ? { subject: "attempt", sequence: first.sequence, attempt_id: first.attempt_id, date, reason: "its content does not give its hash" } : null },
          ...["leads", "seal", "snapshot", "events"].map((name) => ({ name, passed: true, detail: "7 values agree", first_wrong: null })),
        ],
      };
      world.verified.set(date, { status: broken ? "failed" : "passed", at: iso(Date.now()), job_id: null, result });
      return result;
    },
  });
}

// ---- Reports ---------------------------------------------------------------------------------------------------------

/** Every version of a date's report, the newest first; the first is written when it is first asked for. */
export function versionsOf(world, date) {
  if (rowsOf(world, date).length === 0) return [];
  if (!world.reports.has(date)) world.reports.set(date, world.settings.reports === 0 ? [] : [compose(world, date, 1)]);
  return world.reports.get(date);
}

export function report(world, date, version) {
  const versions = versionsOf(world, date);
  return (version === null ? versions[0] : versions.find((one) => one.version === version)) ?? null;
}

export const versionRows = (world, date) => versionsOf(world, date).map((one) => ({ version: one.version, status: one.status, model: one.model, created_at: one.generated_at, snapshot_sha256: one.snapshot_sha256, grounded_share: one.grounding.share }));

/** As a job: today's report is replaced, a closed day's gets a new version. */
export function write(world, date, newVersion, jobs) {
  const steps = ["reading the snapshot", "asking the model", "checking the figures", "storing"];
  return jobs.start("report", {
    steps, finish: () => {
      const before = versionsOf(world, date);
      const next = compose(world, date, newVersion ? (before[0]?.version ?? 0) + 1 : before[0]?.version ?? 1, newVersion);
      world.reports.set(date, newVersion ? [next, ...before] : [next, ...before.slice(1)]);
      return { version: next.version, status: next.status };
    },
  });
}

function compose(world, date, version, byModel = false) {
  // `old_report`: the first one was written in the middle of its day, which went on.
  const early = world.settings.old_report && version === 1 && !byModel && !world.reports.get(date)?.length;
  const rows = early ? rowsOf(world, date).slice(0, Math.ceil(rowsOf(world, date).length / 2)) : rowsOf(world, date);
  const failed = count(rows, failure);
  const missing = count(rows, (row) => row.failure_code === "phone_country_missing");
  const sections = {
    executive_summary: `${rows.length} attempts became ${rows.length - failed} leads; ${failed} failed (${Math.round((100 * failed) / Math.max(1, rows.length))}%). ${byModel ? "The partner's numbers stand out: roughly 37.5 % of its traffic was refused." : "Most failures came from partner_api, whose phone numbers lack their country code."}`,
    user_behaviour: ["Most people submit between 11:00 and 16:00.", byModel ? "Retries recover about half of the failures." : "One in eight attempts is a second try."],
    system_behaviour: [`95 % of attempts were answered within ${quantile(rows, 0.95)} ms.`, "The rate limiter turned away few."],
    misconfiguration_signals: [{ title: "partner_api sends phone numbers without country code", evidence: `phone_country_missing went from 0 to ${missing} attempts after 06:00, all from partner_api.`, confidence: "high" }],
    confidence_and_scope: "Computed from the day's snapshot alone. Causes outside of the recorded attempts are not visible here.",
  };
  const figures = [
    figure("executive_summary", `${rows.length}`, sections.executive_summary, "attempts attempts", { filter: { date }, count: rows.length }),
    figure("executive_summary", `${rows.length - failed}`, sections.executive_summary, "leads", { filter: { date, outcome: "success" }, count: rows.length - failed }),
    figure("executive_summary", `${failed}`, sections.executive_summary, "attempts failures", { filter: { date, outcome: "failure" }, count: failed }),
    ...(byModel ? [{ ...figure("executive_summary", "37.5 %", sections.executive_summary, null, null), supported: false }] : []),
    figure("system_behaviour[0]", `${quantile(rows, 0.95)} ms`, sections.system_behaviour[0], "latency p95_ms", null),
    figure("misconfiguration_signals[0].evidence", `${missing}`, sections.misconfiguration_signals[0].evidence, "by_source_and_code partner_api phone_country_missing", { filter: { date, source: "partner_api", error_code: "phone_country_missing" }, count: missing }),
  ];
  const supported = count(figures, (one) => one.supported);
  return {
    version, status: byModel ? "succeeded" : "fallback", generated_at: early ? iso(rows[rows.length - 1].at + 600_000) : iso(Date.now()), model: byModel ? "llama3.1:8b" : "none", prompt_version: "3", snapshot_sha256: hex(date), sections,
    // A server may not say it; a snapshot of a day that goes on is of the moment in which it was made.
    ...(world.settings.snapshot_at === 0 ? {} : { snapshot_at: early ? iso(rows[rows.length - 1].at + 1) : iso(Date.now()) }),
    fallback: byModel ? null : { reason: "model_unreachable", detail: "no model server answers at http://127.0.0.1:11434 (connection refused)", hint: null }, timings_ms: { model: 4, total: 38 },
    grounding: { checked: figures.length, supported, unsupported: figures.filter((one) => !one.supported).map((one) => ({ section: one.section, figure: one.text })), share: ratio(supported, figures.length), figures },
  };
}

function figure(section, text, whole, fact, rows) {
  const start = whole.indexOf(text);
  return { section, text, start, end: start + text.length, supported: true, fact, rows };
}

export function compare(world, date, from, to) {
  const [one, other] = [from, to].map((version) => report(world, date, version));
  if (!one || !other) return null;
  // Sentence by sentence; the real server goes word by word.
  const lines = (value) => (Array.isArray(value) ? value.map((item) => `${typeof item === "string" ? item : `${item.title} (${item.confidence}): ${item.evidence}`}\n`) : value.split(/(?<=[.:] )(?=[A-Z])/));
  const sections = Object.keys(one.sections).map((name) => {
    const [before, after] = [lines(one.sections[name]), lines(other.sections[name])];
    const diff = [...before.map((text) => ({ kind: after.includes(text) ? "same" : "removed", text })), ...after.filter((text) => !before.includes(text)).map((text) => ({ kind: "added", text }))];
    return { name, from: before.join(""), to: after.join(""), diff };
  });
  const grounding = ({ grounding: { checked, supported, share } }) => ({ checked, supported, share });
  return { sections, grounding: { from: grounding(one), to: grounding(other) } };
}

// ---- Trends ----------------------------------------------------------------------------------------------------------

/** Days before the double's attempts begin are made up from the date alone, so that a year can be looked at. */
export function trends(world, query) {
  const today = local(world.now).date;
  if (world.attempts.length === 0) return { points: [{ date: today, attempts: 0, leads: 0, failures: 0, success_share: null, users: 0, closed: false, balanced: true, by_source: [] }] };
  const months = Number(query.get("months") ?? 12);
  const sources = query.getAll("source");
  const channels = query.getAll("channel");
  const from = addDays(today, -Math.round(months * 30.4));
  const points = [];
  for (let date = from; date <= today; date = addDays(date, 1)) {
    const rows = rowsOf(world, date).filter((row) => (sources.length === 0 || sources.includes(row.source)) && (channels.length === 0 || channels.includes(row.channel)));
    const real = world.byDate.has(date);
    const age = (Date.parse(today) - Date.parse(date)) / DAY;
    const noise = Number.parseInt(hex(date).slice(0, 4), 16) / 65_536;
    const share = (sources.length > 0 ? 0.3 : 1) * (channels.length > 0 ? 0.3 : 1);
    const attempts = real ? rows.length : age > 340 ? 0 : Math.round(share * (([0, 6].includes(weekday(date)) ? 640 : 980) * (1 - age / 620) + 180 * noise));
    const failures = real ? count(rows, failure) : Math.round(attempts * (0.1 + 0.05 * noise + (age > 150 && age < 160 ? 0.22 : 0)));
    if (!real && age > 340) continue;
    points.push({ date, attempts, leads: attempts - failures, failures, success_share: ratio(attempts - failures, attempts), users: Math.round(attempts * 0.6), closed: date < today, balanced: age !== 97, by_source: ["web_form", "partner_api", "call_center", "webhook", "bulk_import"].map((source) => ({ source, attempts: 0 })) });
  }
  if (query.get("granularity") !== "week") return { points };
  return { points: [...grouped(points, (point) => addDays(point.date, -((weekday(point.date) + 6) % 7))).entries()].map(([date, all]) => {
    const sum = (name) => all.reduce((total, point) => total + point[name], 0);
    return { date, attempts: sum("attempts"), leads: sum("leads"), failures: sum("failures"), success_share: ratio(sum("leads"), sum("attempts")), users: null, closed: all.every((point) => point.closed), balanced: all.every((point) => point.balanced), by_source: all[0].by_source };
  }) };
}
