/** Days, their snapshots, seals and verifications, and the books. Reports are in `reports.ts`. */
import { Decoder, DecodeError, anything, boolean, decimal, instant, isObject, list, member, nullable, number, object, oneOf, optional, record, text } from "./decode";
import { QueryValues, send } from "./client";
import { startedJob } from "./jobs";

const never = { status: "never" as const, at: null };
const verified = object({ status: oneOf("passed", "failed", "never"), at: nullable(instant) });
export type Verified = ReturnType<typeof verified>;

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
  verified: optional(verified, never as Verified),
  late: optional(number, 0),
  users: nullable(number),
});
export type Day = ReturnType<typeof day>;

export const projectPath = (projectId: string) => `/v1/projects/${encodeURIComponent(projectId)}`;
export const dayPath = (projectId: string, date: string) => `${projectPath(projectId)}/days/${encodeURIComponent(date)}`;

export const listDays = (projectId: string, query: QueryValues, signal: AbortSignal) =>
  send({ path: `${projectPath(projectId)}/days`, query, signal }, member("days", list(day)));

// ---- One day --------------------------------------------------------------------------------------------------------

/** A text or a list of texts; both are shown as paragraphs. */
export const paragraphs: Decoder<string[]> = (value, at) => {
  if (value === null || value === undefined) return [];
  if (typeof value === "string") return value.trim() === "" ? [] : [value];
  if (Array.isArray(value)) return value.flatMap((item, index) => paragraphs(item, `${at}/${index}`));
  if (isObject(value)) return Object.entries(value).map(([name, part]) => `${name.replace(/_/g, " ")}: ${String(part)}`);
  throw new DecodeError(at, "a text or a list of texts", value);
};

/** Averages a day; null without any day. */
const mean = object({
  days: number,
  attempts_mean: nullable(decimal),
  leads_mean: nullable(decimal),
  failures_mean: nullable(decimal),
  failure_share: nullable(decimal),
});
export type Mean = ReturnType<typeof mean>;

const comparison = object({ trailing_seven_days: nullable(mean), same_weekday: nullable(mean), all_time: nullable(mean) });
export type Comparison = ReturnType<typeof comparison>;

/** Rows of the log: a filter as `GET /v1/attempts` takes it, and how many it finds where that is known. */
const rows = object({ filter: record(anything), count: nullable(number) });
export const rowsDecoder: Decoder<Rows> = rows;
export type Rows = ReturnType<typeof rows>;

const said: Decoder<string | number> = (value, at) => {
  if (typeof value === "string" || typeof value === "number") return value;
  throw new DecodeError(at, "a number or a text", value);
};

const daySignal = object({
  id: text,
  detector: text,
  title: text,
  evidence: paragraphs,
  baseline: nullable(object({ value: said, days: nullable(number) })),
  observed: nullable(said),
  confidence: oneOf("high", "medium", "low"),
  since: nullable(instant),
  rows: nullable(rows),
});
export type DaySignal = ReturnType<typeof daySignal>;

const check = object({ name: text, passed: boolean, detail: nullable(text), first_wrong: anything });
const verificationResult = object({ passed: boolean, checks: list(check), rows: number, rows_per_second: nullable(number) });
export type VerificationResult = ReturnType<typeof verificationResult>;
export const verificationResultDecoder: Decoder<VerificationResult> = verificationResult;

const verification = object({
  status: oneOf("passed", "failed", "never"),
  at: nullable(instant),
  job_id: nullable(text),
  result: nullable(verificationResult),
});
export type Verification = ReturnType<typeof verification>;

/** An attempt that came for a day that was closed already, and counts for the next open one. */
const lateAttempt = object({
  attempt_id: text,
  sequence: number,
  source: text,
  outcome: text,
  failure_code: nullable(text),
  received_at: instant,
  late: nullable(object({ date: text, received_at: nullable(instant) })),
});
export type LateAttempt = ReturnType<typeof lateAttempt>;

const dayInFull = object({
  date: text,
  state: text,
  snapshot: optional(record(anything), {}),
  snapshot_sha256: nullable(text),
  /** When an open day's snapshot was made. */
  refreshed_at: nullable(instant),
  seal: nullable(
    object({
      merkle_root: text,
      row_count: number,
      first_sequence: nullable(number),
      last_sequence: nullable(number),
      last_hash: nullable(text),
      sealed_at: instant,
      signature: nullable(text),
      key_id: nullable(text),
    }),
  ),
  comparison: nullable(comparison),
  /** `events`: those whose own time lies before the day on which they were received; null where that was not counted. */
  late: nullable(object({ count: number, events: nullable(number), attempts: optional(list(lateAttempt), []) })),
  verification: nullable(verification),
  signals: optional(list(daySignal), []),
});
export type DayInFull = ReturnType<typeof dayInFull>;
export const dayInFullDecoder: Decoder<DayInFull> = dayInFull;

/** A day of the list with what its own page counts: the list's numbers of an open day are older. */
export function freshened(day: Day, full: DayInFull): Day {
  const { attempts: counts, leads } = full.snapshot;
  const [attempts, failures] = isObject(counts) ? [counts["attempts"], counts["failures"]] : [];
  if (typeof attempts !== "number" || typeof failures !== "number" || typeof leads !== "number") return day;
  return { ...day, attempts, leads, failures, failure_share: attempts > 0 ? failures / attempts : null };
}

export const getDay = (projectId: string, date: string, signal: AbortSignal) =>
  send({ path: dayPath(projectId, date), signal }, dayInFull);

/** Starts a check of the whole closed day: chain, tree, snapshot, seal. Gives the job's id. */
export const verifyDay = (projectId: string, date: string) =>
  send({ method: "POST", path: `${dayPath(projectId, date)}/verify` }, startedJob);

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
