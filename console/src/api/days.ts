/** Days, their snapshots, seals and reports, and the books. */
import { anything, boolean, Decoder, DecodeError, instant, isObject, list, member, nullable, number, object, optional, record, text } from "./decode";
import { ApiFailure } from "./failure";
import { QueryValues, REPORT_TIMEOUT_MS_MAX, send } from "./client";

const day = object({
  date: text,
  state: text,
  attempts: number,
  leads: number,
  failures: number,
  failure_share: nullable(number),
  snapshot_sha256: nullable(text),
  sealed: optional(boolean, false),
  report_status: nullable(text),
  balanced: nullable(boolean),
});
export type Day = ReturnType<typeof day>;

const projectPath = (projectId: string) => `/v1/projects/${encodeURIComponent(projectId)}`;
const dayPath = (projectId: string, date: string) => `${projectPath(projectId)}/days/${encodeURIComponent(date)}`;

export const listDays = (projectId: string, query: QueryValues, signal: AbortSignal) =>
  send({ path: `${projectPath(projectId)}/days`, query, signal }, member("days", list(day)));

const dayInFull = object({
  date: text,
  state: text,
  snapshot: optional(record(anything), {}),
  snapshot_sha256: nullable(text),
  seal: nullable(
    object({
      merkle_root: text,
      row_count: number,
      first_sequence: nullable(number),
      last_sequence: nullable(number),
      last_hash: nullable(text),
      sealed_at: instant,
    }),
  ),
});
export type DayInFull = ReturnType<typeof dayInFull>;

export const getDay = (projectId: string, date: string, signal: AbortSignal) =>
  send({ path: dayPath(projectId, date), signal }, dayInFull);

// ---- Books ----------------------------------------------------------------------------------------------------------

const books = object({
  date: text,
  received: number,
  stored: number,
  duplicate: number,
  sampled: optional(number, 0),
  rejected: optional(record(number), {}),
  rejected_total: number,
  quarantined: optional(record(number), {}),
  quarantined_total: number,
  balanced: boolean,
  pending: optional(number, 0),
  lag_seconds: nullable(number),
});
export type Books = ReturnType<typeof books>;

export const getBooks = (projectId: string, date: string, signal: AbortSignal) =>
  send({ path: `${projectPath(projectId)}/books`, query: { date }, signal }, books);

// ---- Report ---------------------------------------------------------------------------------------------------------

/** A section is a text or a list of texts; both are shown as paragraphs. */
const paragraphs: Decoder<string[]> = (value, at) => {
  if (value === null || value === undefined) return [];
  if (typeof value === "string") return value.trim() === "" ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((item, index) => paragraphs(item, `${at}/${index}`));
  if (isObject(value)) return Object.entries(value).map(([name, part]) => `${name.replace(/_/g, " ")}: ${String(part)}`);
  throw new DecodeError(at, "a text or a list of texts", value);
};

const confidence: Decoder<string | number | null> = (value) =>
  typeof value === "string" || typeof value === "number" ? value : null;

const signal_ = object({ title: text, evidence: paragraphs, confidence });

const report = object({
  version: optional(number, 1),
  status: text,
  generated_at: nullable(instant),
  model: nullable(text),
  prompt_version: nullable((value: unknown) => String(value)),
  snapshot_sha256: nullable(text),
  sections: object({
    executive_summary: paragraphs,
    user_behaviour: paragraphs,
    system_behaviour: paragraphs,
    misconfiguration_signals: optional(list(signal_), []),
    confidence_and_scope: paragraphs,
  }),
  fallback: nullable(object({ reason: text, detail: nullable(text), hint: nullable(text) })),
  timings_ms: optional(record(anything), {}),
  grounding: nullable(
    object({
      checked: optional(number, 0),
      supported: optional(number, 0),
      unsupported: optional(list(object({ section: text, figure: text })), []),
    }),
  ),
});
export type Report = ReturnType<typeof report>;

/** The day's report, or null when none was written yet. The list of days knows, so that a missing one is not an error. */
export async function getReport(projectId: string, date: string, signal: AbortSignal): Promise<Report | null> {
  const days = await listDays(projectId, { from: date, to: nextDate(date), limit: 2 }, signal);
  const status = days.find((candidate) => candidate.date === date)?.report_status ?? "none";
  if (status === "none") return null;
  try {
    return await send({ path: `${dayPath(projectId, date)}/report`, signal }, member("report", report));
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === "not_found") return null;
    throw error;
  }
}

function nextDate(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

export const generateReport = (projectId: string, date: string, newVersion: boolean, signal: AbortSignal) =>
  send(
    {
      method: "POST",
      path: `${dayPath(projectId, date)}/report`,
      query: { mode: "sync", new_version: newVersion ? "true" : null },
      timeoutMs: REPORT_TIMEOUT_MS_MAX,
      signal,
    },
    member("report", report),
  );
