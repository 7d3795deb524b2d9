/** A day's report, its versions, and what changed between two of them. */
import { Decoder, anything, boolean, decimal, instant, isObject, list, member, nullable, number, object, oneOf, optional, record, text } from "./decode";
import { Rows, dayPath, listDays, paragraphs, rowsDecoder } from "./days";
import { ApiFailure } from "./failure";
import { send } from "./client";
import { startedJob } from "./jobs";

const confidence: Decoder<string | number | null> = (value) =>
  typeof value === "string" || typeof value === "number" ? value : null;

const reportSignal = object({ title: text, evidence: paragraphs, confidence });

/** What supports a figure: a path into the snapshot with its value, or words. */
const fact: Decoder<string | null> = (value) => {
  if (typeof value === "string") return value;
  if (!isObject(value)) return null;
  const { path, says, value: found } = value;
  if (typeof says === "string") return says;
  return typeof path === "string" ? `${path.replace(/[._]/g, " ")}: ${String(found)}` : null;
};

const figure = object({
  text,
  section: text,
  start: nullable(number),
  end: nullable(number),
  supported: boolean,
  fact,
  rows: nullable(rowsDecoder),
});
export type ReportFigure = { text: string; section: string; start: number | null; end: number | null; supported: boolean; fact: string | null; rows: Rows | null };

const unsupported: Decoder<{ section: string; figure: string }[]> = (value, at) =>
  typeof value === "number" || value === null || value === undefined ? [] : list(object({ section: text, figure: text }))(value, at);

const grounding = object({
  checked: optional(number, 0),
  supported: optional(number, 0),
  unsupported,
  share: nullable(decimal),
  figures: optional(list(figure), []),
});
export type ReportGrounding = ReturnType<typeof grounding>;

const report = object({
  version: optional(number, 1),
  status: text,
  generated_at: nullable(instant),
  model: nullable(text),
  prompt_version: nullable((value: unknown) => String(value)),
  snapshot_sha256: nullable(text),
  /** When the snapshot was made that the report was written from; null where the server does not say. */
  snapshot_at: nullable(instant),
  sections: object({
    executive_summary: paragraphs,
    user_behaviour: paragraphs,
    system_behaviour: paragraphs,
    misconfiguration_signals: optional(list(reportSignal), []),
    confidence_and_scope: paragraphs,
  }),
  fallback: nullable(object({ reason: text, detail: nullable(text), hint: nullable(text) })),
  timings_ms: optional(record(anything), {}),
  grounding: nullable(grounding),
});
export type Report = ReturnType<typeof report>;
export const reportDecoder: Decoder<Report> = report;

/** The day's report, or null when none was written yet. The list of days knows, so that a missing one is not an error. */
export async function getReport(projectId: string, date: string, version: number | null, signal: AbortSignal): Promise<Report | null> {
  if (version === null) {
    const days = await listDays(projectId, { from: date, to: nextDate(date), limit: 2 }, signal);
    const status = days.find((candidate) => candidate.date === date)?.report_status ?? "none";
    if (status === "none") return null;
  }
  try {
    return await send({ path: `${dayPath(projectId, date)}/report`, query: { version }, signal }, member("report", report));
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === "not_found" && version === null) return null;
    throw error;
  }
}

function nextDate(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** Has the report written as a job: today's again, or a closed day's new version. Gives the job's id. */
export const startReport = (projectId: string, date: string, newVersion: boolean): Promise<string> =>
  send({ method: "POST", path: `${dayPath(projectId, date)}/report`, query: { new_version: newVersion ? "true" : null, mode: "async" } }, startedJob);

const reportVersion = object({
  version: number,
  status: text,
  model: nullable(text),
  created_at: instant,
  snapshot_sha256: nullable(text),
  grounded_share: nullable(decimal),
});
export type ReportVersion = ReturnType<typeof reportVersion>;

export const listReportVersions = (projectId: string, date: string, signal: AbortSignal) =>
  send({ path: `${dayPath(projectId, date)}/report/versions`, signal }, member("versions", list(reportVersion)));

const groundedOf = nullable(object({ checked: number, supported: number, share: nullable(decimal) }));

const reportComparison = object({
  sections: list(object({ name: text, diff: list(object({ kind: oneOf("same", "added", "removed"), text })) })),
  grounding: nullable(object({ from: groundedOf, to: groundedOf })),
});
export type ReportComparison = ReturnType<typeof reportComparison>;

export const compareReports = (projectId: string, date: string, from: number, to: number, signal: AbortSignal) =>
  send({ path: `${dayPath(projectId, date)}/report/compare`, query: { from, to }, signal }, reportComparison);
