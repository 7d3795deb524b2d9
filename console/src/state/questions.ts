/** The questions that screens ask, with how long an answer stays fresh. The same question from two panels is asked once. */
import { listKeys } from "../api/accounts";
import { getFacets, getFailures, getFunnel, getOverview, getRealtime, getTimeSeries, Facet, Failures, FunnelMetrics, Overview, Realtime, TimeSeries } from "../api/analytics";
import { AttemptDetail, AttemptPage, getAttempt, listAttempts } from "../api/attempts";
import { Books, Day, DayInFull, getBooks, getDay, listDays } from "../api/days";
import { ProofAnswer, getProof } from "../api/proof";
import { Report, ReportComparison, ReportVersion, compareReports, getReport, listReportVersions } from "../api/reports";
import { Trends, getTrends, sumOfTrends } from "../api/trends";
import { getReadiness, getSystem } from "../api/operations";
import { DAY, addDays, startOf } from "../words/times";
import { countsByHour } from "./buckets";
import { Question } from "./cache";
import { TrendsNarrowing, narrowed } from "./narrowing";
import { RangeChoice } from "./view";
import { printTerms, termsOfWords } from "./search";
import { Scope, filterParameters, queryParameters, scopeKey } from "./project";

const FRESH_MS = 15_000;
const FRESH_ROWS_MS = 3_000;
export const ATTEMPTS_PAGE = 100;
/** Groups of failures in one answer; the same number everywhere, so that two screens ask one question. */
const FAILURE_GROUPS_MAX = 200;

/** The date that a screen about one day is about: the span's own, or today. */
export const dateOfScope = (scope: Scope): string => scope.span.date ?? scope.today;

/** That day as a range: numbers of the day are not those of the range in the bar. */
export const dayRange = (date: string, isToday: boolean): RangeChoice => (isToday ? { kind: "preset", preset: "today" } : { kind: "date", date });

export function overviewOf(scope: Scope): Question<Overview> {
  const date = dateOfScope(scope);
  return {
    key: `overview?${scope.project.project_id}|${date}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getOverview({ project_id: scope.project.project_id, date }, signal),
  };
}

/**
 * The day of the overview, narrowed by the filters. The overview itself knows none; what it says of the day is asked in the
 * ways that do, and what they cannot say is not said: there is no comparison with days before, and all time stays as it is.
 */
export function dayNarrowedOf(scope: Scope): Question<Overview> {
  const date = dateOfScope(scope);
  const { project, zone, view } = scope;
  const narrowing = { project_id: project.project_id, ...filterParameters(view.filters) };
  const range = { from: new Date(startOf(date, zone)).toISOString(), to: new Date(startOf(addDays(date, 1), zone)).toISOString() };
  const byHour = (answer: TimeSeries, metric: string) => countsByHour(answer.series.find((one) => one.metric === metric && one.group === null)?.points ?? [], date, zone);
  return {
    key: `day-narrowed?${date}|${scopeKey(scope)}`,
    freshForMs: FRESH_MS,
    ask: async (signal) => {
      const [overview, funnel, failures, series] = await Promise.all([
        getOverview({ project_id: project.project_id, date }, signal),
        getFunnel({ ...narrowing, ...range }, signal),
        getFailures({ ...narrowing, ...range, limit: 1 }, signal).then(withoutSuccesses(scope)),
        getTimeSeries({ ...narrowing, ...range, metric: ["attempts", "leads", "failures"], granularity: "hour" }, signal),
      ]);
      const { attempts, leads, failures: failed, conversion_rate, p95_latency_ms } = funnel.totals;
      const [top] = failures.groups;
      const missing = [...failures.missing, ...series.missing];
      return {
        ...overview, missing, partial: missing.length > 0,
        today: { ...overview.today, attempts, leads, failures: failed, success_share: conversion_rate, p95_latency_ms },
        trailing: { same_weekday: null, seven_days: null },
        top_failure: top ? { code: top.code, category: top.category, source: top.source, count: top.count, since: top.first_seen } : null,
        spark: { ...overview.spark, attempts: byHour(series, "attempts"), leads: byHour(series, "leads"), failures: byHour(series, "failures") },
      };
    },
  };
}

/** What Today says of its day: the overview, or the day narrowed where a filter is set. */
export const dayOfToday = (scope: Scope): Question<Overview> => (narrowed(scope.view) ? dayNarrowedOf(scope) : overviewOf(scope));

/** Asked for successes alone, the server has no failures to take a share of: nothing of that answer is missing. */
const withoutSuccesses = (scope: Scope) => (answer: Failures): Failures => {
  const outcomes = scope.view.filters.outcome ?? [];
  return outcomes.length > 0 && !outcomes.includes("failure") ? { ...answer, missing: [], partial: false } : answer;
};

export function funnelOf(scope: Scope): Question<FunnelMetrics> {
  return {
    key: `funnel?${scopeKey(scope)}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getFunnel(queryParameters(scope), signal),
  };
}

export function failuresOf(scope: Scope): Question<Failures> {
  return {
    key: `failures?${scopeKey(scope)}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getFailures({ ...queryParameters(scope), limit: FAILURE_GROUPS_MAX }, signal).then(withoutSuccesses(scope)),
  };
}

export function seriesOf(scope: Scope): Question<TimeSeries> {
  return {
    key: `series?${scopeKey(scope)}|${scope.span.granularity}`,
    freshForMs: FRESH_MS,
    ask: (signal) =>
      getTimeSeries({ ...queryParameters(scope), metric: ["leads", "failures", "p95_latency"], granularity: scope.span.granularity }, signal),
  };
}

/** The same length of time one week earlier for a day, else just before. */
export function spanBefore(scope: Scope): { from: number; to: number } {
  const { span, zone } = scope;
  if (span.date !== null) {
    const date = addDays(span.date, -7);
    return { from: startOf(date, zone), to: startOf(addDays(date, 1), zone) };
  }
  const length = span.to - span.from;
  return { from: span.from - length, to: span.from };
}

export function seriesBeforeOf(scope: Scope): Question<TimeSeries> {
  return {
    key: `series-before?${scopeKey(scope)}|${scope.span.granularity}`,
    freshForMs: DAY,
    ask: (signal) => {
      const { from, to } = spanBefore(scope);
      return getTimeSeries({
        ...queryParameters(scope), from: new Date(from).toISOString(), to: new Date(to).toISOString(),
        metric: ["attempts"], granularity: scope.span.granularity,
      }, signal);
    },
  };
}

export function facetsOf(scope: Scope): Question<{ facets: Facet[] }> {
  return {
    key: `facets?${scopeKey(scope)}`,
    freshForMs: FRESH_MS,
    ask: (signal) =>
      getFacets({ ...queryParameters(scope), type: ["lead.submission"], field: ["outcome", "source", "channel", "error_category", "error_code"] }, signal),
  };
}

export function attemptsOf(scope: Scope): Question<AttemptPage> {
  return {
    key: `attempts?${scopeKey(scope)}|${scope.view.words}`,
    freshForMs: FRESH_ROWS_MS,
    ask: (signal) => listAttempts(attemptsParameters(scope), signal),
  };
}

export function attemptsParameters(scope: Scope) {
  return { ...queryParameters(scope), q: printTerms(termsOfWords(scope.view.words)), limit: ATTEMPTS_PAGE };
}

/** How many attempts came in a span of time, whatever the filters; null where it is not counted. */
export function attemptsBetween(scope: Scope, from: number, to: number): Question<number | null> {
  return {
    key: `attempts-between?${scope.project.project_id}|${from}|${to}`,
    freshForMs: FRESH_MS,
    ask: (signal) => listAttempts({ project_id: scope.project.project_id, from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: 1 }, signal).then((page) => page.total),
  };
}

export function attemptOf(scope: Scope, attemptId: string): Question<AttemptDetail> {
  return {
    key: `attempt?${scope.project.project_id}|${attemptId}`,
    freshForMs: 5 * FRESH_MS,
    ask: (signal) => getAttempt(scope.project.project_id, attemptId, signal),
  };
}

/** A closed day never changes, and its proofs with it. */
export function proofOf(scope: Scope, attemptId: string): Question<ProofAnswer | "mismatch" | null> {
  return {
    key: `proof?${scope.project.project_id}|${attemptId}`,
    freshForMs: DAY,
    ask: (signal) => getProof(scope.project.project_id, attemptId, signal),
  };
}

export function booksOf(scope: Scope, date: string): Question<Books> {
  return {
    key: `books?${scope.project.project_id}|${date}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getBooks(scope.project.project_id, date, signal),
  };
}

/** A version of the day's report; null asks for the newest. */
export function reportOf(scope: Scope, date: string, version: number | null = null): Question<Report | null> {
  return {
    key: `report?${scope.project.project_id}|${date}|${version ?? ""}`,
    freshForMs: 4 * FRESH_MS,
    ask: (signal) => getReport(scope.project.project_id, date, version, signal),
  };
}

export function reportVersionsOf(scope: Scope, date: string): Question<ReportVersion[]> {
  return {
    key: `report-versions?${scope.project.project_id}|${date}`,
    freshForMs: 4 * FRESH_MS,
    ask: (signal) => listReportVersions(scope.project.project_id, date, signal),
  };
}

export function reportComparisonOf(scope: Scope, date: string, from: number, to: number): Question<ReportComparison> {
  return {
    key: `report-compare?${scope.project.project_id}|${date}|${from}|${to}`,
    freshForMs: 4 * FRESH_MS,
    ask: (signal) => compareReports(scope.project.project_id, date, from, to, signal),
  };
}

/** Of some sources, of some channels, or of all. The server narrows by one at a time: of several, the answers are added up. */
export function trendsOf(scope: Scope, granularity: "day" | "week", months: number, only: TrendsNarrowing): Question<Trends> {
  const common = { project_id: scope.project.project_id, granularity, months };
  return {
    key: `trends?${scope.project.project_id}|${granularity}|${months}|${scope.today}|${only.field}|${only.values.join(",")}`,
    freshForMs: 4 * FRESH_MS,
    ask: async (signal) => {
      if (only.values.length < 2) return getTrends({ ...common, ...(only.values[0] ? { [only.field]: only.values[0] } : {}) }, signal);
      return sumOfTrends(await Promise.all(only.values.map((value) => getTrends({ ...common, [only.field]: value }, signal))));
    },
  };
}

export function daysOf(scope: Scope, from: string): Question<Day[]> {
  return {
    key: `days?${scope.project.project_id}|${from}|${scope.today}`,
    freshForMs: FRESH_MS,
    ask: (signal) => listDays(scope.project.project_id, { from, to: addDays(scope.today, 1), limit: 400 }, signal),
  };
}

export function dayOf(scope: Scope, date: string): Question<DayInFull> {
  return {
    key: `day?${scope.project.project_id}|${date}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getDay(scope.project.project_id, date, signal),
  };
}

export function realtimeOf(scope: Scope): Question<Realtime> {
  return {
    key: `realtime?${scope.project.project_id}`,
    freshForMs: FRESH_ROWS_MS,
    ask: (signal) => getRealtime({ project_id: scope.project.project_id }, signal),
  };
}

export function systemOf(scope: Scope) {
  return {
    key: `system?${scope.project.project_id}`,
    freshForMs: FRESH_ROWS_MS,
    ask: (signal: AbortSignal) => getSystem(scope.project.project_id, signal),
  };
}

export function readinessOf() {
  return { key: "readiness?", freshForMs: FRESH_ROWS_MS, ask: getReadiness };
}

export function keysOf(scope: Scope) {
  return {
    key: `keys?${scope.project.project_id}`,
    freshForMs: FRESH_MS,
    ask: (signal: AbortSignal) => listKeys(scope.project.project_id, signal),
  };
}
