/** Exports: rows of a range as files, made by a job and kept for a while. */
import { Decoder, boolean, instant, list, nullable, number, object, oneOf, optional, text } from "./decode";
import { QueryValues, newRequestId, send } from "./client";
import { enveloped } from "./envelope";
import { jobDecoder } from "./jobs";

export const EXPORT_OF = ["attempts", "leads", "days", "reports"] as const;
export type ExportOf = typeof EXPORT_OF[number];
export const EXPORT_FORMATS = ["csv", "jsonl", "parquet"] as const;
export type ExportFormat = typeof EXPORT_FORMATS[number];

export interface ExportQuestion {
  project_id: string;
  of: ExportOf;
  format: ExportFormat;
  from?: string;
  to?: string;
  date?: string;
  filter?: { source?: string[]; channel?: string[]; outcome?: string[]; error_code?: string[]; q?: string };
}

const file = object({ name: text, bytes: number, rows: nullable(number), sha256: text, href: text });
export type ExportFile = ReturnType<typeof file>;

const exportShape = object({ job: jobDecoder, of: nullable(oneOf(...EXPORT_OF)), format: nullable(oneOf(...EXPORT_FORMATS)), files: optional(list(file), []), manifest_href: nullable(text), expires_at: nullable(instant) });
export type Export = ReturnType<typeof exportShape>;

const page = optional(object({ next_cursor: nullable(text), has_more: optional(boolean, false) }), { next_cursor: null, has_more: false });
const exportPage = enveloped(object({ exports: list(exportShape), page }));
export type ExportPage = ReturnType<typeof exportPage>;

const started = object({ job_id: text, polling_token: optional(text, ""), retry_after_ms: optional(number, 1_000) });

export const createExport = (question: ExportQuestion) =>
  send({ method: "POST", path: "/v1/exports", body: question, idempotencyKey: newRequestId() }, started);

const oneExport: Decoder<Export> = (value, at) => enveloped(exportShape)(value, at);

export const getExport = (projectId: string, jobId: string, signal: AbortSignal) =>
  send({ path: `/v1/exports/${encodeURIComponent(jobId)}`, query: { project_id: projectId }, signal }, oneExport);

export const listExports = (query: QueryValues, signal: AbortSignal) => send({ path: "/v1/exports", query, signal }, exportPage);
