/** Field schemas: what a source's submissions must look like, in versions that never change. */
import { anything, boolean, instant, list, nullable, number, object, oneOf, optional, text } from "./decode";
import { ApiFailure } from "./failure";
import { newRequestId, send } from "./client";
import { enveloped } from "./envelope";
import { projectPath } from "./ways";

export const FIELD_TYPES = ["text", "number", "integer", "boolean", "email", "phone_e164", "us_state", "date", "enum"] as const;
export type FieldType = typeof FIELD_TYPES[number];

const field = object({
  name: text,
  type: oneOf(...FIELD_TYPES),
  required: boolean,
  max_length: nullable(number),
  min_length: nullable(number),
  pattern: nullable(text),
  min: nullable(number),
  max: nullable(number),
  values: nullable(list(text)),
  description: nullable(text),
});
export type Field = ReturnType<typeof field>;

const version = object({
  version: number,
  fields: list(field),
  created_at: instant,
  created_by: nullable(text),
  note: nullable(text),
  activated_at: nullable(instant),
});
export type SchemaVersion = ReturnType<typeof version>;

const schema = object({ source: text, active_version: nullable(number), versions: list(version) });
export type FieldSchema = ReturnType<typeof schema>;

const schemaRow = object({ source: text, active_version: nullable(number), versions: anything });
/** How many versions there are; the list may carry their numbers or only their count. */
export interface SchemaRow { source: string; active_version: number | null; versions: number }

export async function listSchemas(projectId: string, signal: AbortSignal): Promise<SchemaRow[]> {
  const { schemas } = await send({ path: projectPath(projectId, "schemas"), signal }, enveloped(object({ schemas: list(schemaRow) })));
  return schemas.map((row) => ({ ...row, versions: Array.isArray(row.versions) ? row.versions.length : Number(row.versions) }));
}

/** A source without a schema answers "not found": that is a schema without versions. */
export const getSchema = (projectId: string, source: string, signal: AbortSignal): Promise<FieldSchema> =>
  send({ path: projectPath(projectId, "schemas", source), signal }, enveloped(schema)).catch((error: unknown) => {
    if (error instanceof ApiFailure && error.kind === "not_found") return { source, active_version: null, versions: [] };
    throw error;
  });

/** The fields as they travel: what does not apply is left out. */
export function sentField(one: Field): Record<string, unknown> {
  return Object.fromEntries(Object.entries(one).filter(([, value]) => value !== null));
}

const created = (value: unknown, at: string): SchemaVersion => version((value as { version?: unknown } | null)?.version instanceof Object ? (value as { version: unknown }).version : value, at);

export const createVersion = (projectId: string, source: string, body: { fields: readonly Field[]; note: string; activate: boolean }) =>
  send({
    method: "POST", path: projectPath(projectId, "schemas", source), idempotencyKey: newRequestId(),
    body: { fields: body.fields.map(sentField), ...(body.note ? { note: body.note } : {}), activate: body.activate },
  }, created);

export const activateVersion = (projectId: string, source: string, wanted: number | null) =>
  send({ method: "POST", path: projectPath(projectId, "schemas", source, "activate"), body: { version: wanted } }, () => null);

const sampleError = object({ pointer: text, code: text, message: text });
const dryRun = enveloped(object({
  checked: number,
  passed: number,
  failed: number,
  by_field: list(object({ pointer: text, code: text, count: number })),
  results: list(object({ index: number, attempt_id: nullable(text), outcome: text, errors: optional(list(sampleError), []) })),
}));
export type DryRun = ReturnType<typeof dryRun>;
export type Samples = { samples: unknown[] } | { recent: number };

export const DRY_RUN_TIMEOUT_MS_MAX = 60_000;

export const runDry = (projectId: string, source: string, fields: readonly Field[], samples: Samples, signal: AbortSignal) =>
  send({
    method: "POST", path: projectPath(projectId, "schemas", source, "dry-run"), signal, timeoutMs: DRY_RUN_TIMEOUT_MS_MAX,
    body: { fields: fields.map(sentField), ...samples },
  }, dryRun);
