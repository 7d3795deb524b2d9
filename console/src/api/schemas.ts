/** Field schemas: what a source's submissions must look like, in versions that never change. */
import { boolean, instant, list, nullable, number, object, oneOf, optional, text } from "./decode";
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

export const UNKNOWN_FIELDS = ["allow", "refuse"] as const;
export type UnknownFields = typeof UNKNOWN_FIELDS[number];

const version = object({
  version: number,
  fields: list(field),
  /** What becomes of a submission that sends a field of another name. */
  unknown_fields: optional(oneOf(...UNKNOWN_FIELDS), "allow"),
  created_at: instant,
  created_by: nullable(text),
  note: nullable(text),
  activated_at: nullable(instant),
});
export type SchemaVersion = ReturnType<typeof version>;

const schema = object({ source: text, active_version: nullable(number), versions: list(version) });
export type FieldSchema = ReturnType<typeof schema>;

const schemas = enveloped(object({
  schemas: list(object({ source: text, active_version: nullable(number), versions: number })),
  /** The rules of a source without a schema. */
  builtin: optional(list(field), []),
}));
export type Schemas = ReturnType<typeof schemas>;
export type SchemaRow = Schemas["schemas"][number];

export const listSchemas = (projectId: string, signal: AbortSignal) => send({ path: projectPath(projectId, "schemas"), signal }, schemas);

export const getSchema = (projectId: string, source: string, signal: AbortSignal): Promise<FieldSchema> =>
  send({ path: projectPath(projectId, "schemas", source), signal }, enveloped(schema));

/** The fields as they travel: what does not apply is left out. */
function sentField(one: Field): Record<string, unknown> {
  return Object.fromEntries(Object.entries(one).filter(([, value]) => value !== null));
}

/** What a person writes: the fields, and what becomes of others. */
export interface WrittenSchema {
  fields: readonly Field[];
  unknown_fields: UnknownFields;
}

const sent = (schema: WrittenSchema) => ({ fields: schema.fields.map(sentField), unknown_fields: schema.unknown_fields });

export const createVersion = (projectId: string, source: string, written: WrittenSchema, note: string, activate: boolean) =>
  send({ method: "POST", path: projectPath(projectId, "schemas", source), idempotencyKey: newRequestId(), body: { ...sent(written), ...(note ? { note } : {}), activate } }, version);

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

export const runDry = (projectId: string, source: string, written: WrittenSchema, samples: Samples, signal: AbortSignal) =>
  send({
    method: "POST", path: projectPath(projectId, "schemas", source, "dry-run"), signal, timeoutMs: DRY_RUN_TIMEOUT_MS_MAX,
    body: { ...sent(written), ...samples },
  }, dryRun);
