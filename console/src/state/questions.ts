/** The questions that screens ask, with how long an answer stays fresh. The same question from two panels is asked once. */
import { listKeys } from "../api/accounts";
import { getFacets, getFailures, getFunnel, getOverview, getRealtime, getTimeSeries, Facet, Failures, FunnelMetrics, Overview, Realtime, TimeSeries } from "../api/analytics";
import { AttemptDetail, AttemptPage, getAttempt, listAttempts } from "../api/attempts";
import { Books, Day, DayInFull, getBooks, getDay, listDays } from "../api/days";
import { ProofAnswer, getProof } from "../api/proof";
import { Report, ReportComparison, ReportVersion, compareReports, getReport, listReportVersions } from "../api/reports";
import { Trends, getTrends } from "../api/trends";
import { getReadiness, getSystem } from "../api/operations";
import { DAY, addDays, startOf } from "../words/times";
import { Question } from "./cache";
import { Scope, queryParameters, scopeKey } from "./project";

const FRESH_MS = 15_000;
const FRESH_ROWS_MS = 3_000;
export const ATTEMPTS_PAGE = 100;

/** The date that a screen about one day is about: the span's own, or today. */
export const dateOfScope = (scope: Scope): string => scope.span.date ?? scope.today;

export function overviewOf(scope: Scope): Question<Overview> {
  const date = dateOfScope(scope);
  return {
    key: `overview?${scope.project.project_id}|${date}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getOverview({ project_id: scope.project.project_id, date }, signal),
  };
}

export function funnelOf(scope: Scope): Question<FunnelMetrics> {
  return {
    key: `funnel?${scopeKey(scope)}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getFunnel(queryParameters(scope), signal),
  };
}

export function failuresOf(scope: Scope, limit: number): Question<Failures> {
  return {
    key: `failures?${scopeKey(scope)}|${limit}`,
    freshForMs: FRESH_MS,
    ask: (signal) => getFailures({ ...queryParameters(scope), limit }, signal),
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
  return { ...queryParameters(scope), q: scope.view.words, limit: ATTEMPTS_PAGE };
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

/** Of one source, or of all. */
export function trendsOf(scope: Scope, granularity: "day" | "week", months: number, source: string | null): Question<Trends> {
  return {
    key: `trends?${scope.project.project_id}|${granularity}|${months}|${scope.today}|${source ?? ""}`,
    freshForMs: 4 * FRESH_MS,
    ask: (signal) => getTrends({ project_id: scope.project.project_id, granularity, months, source }, signal),
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
