/** Attempts: one row of the log for each lead submission. */
import { Decoder, DecodeError, anything, boolean, decimal, instant, isObject, list, nullable, number, object, oneOf, optional, record, text } from "./decode";
import { QueryValues, send } from "./client";

const attemptShape = {
  attempt_id: text,
  sequence: number,
  user_id: nullable(text),
  source: text,
  channel: nullable(text),
  received_at: instant,
  logical_date: text,
  outcome: text,
  failure_category: nullable(text),
  failure_code: nullable(text),
  failure_message: nullable(text),
  retry_attempt: optional(number, 1),
  duration_ms: nullable(number),
  lead_id: nullable(text),
};
const attempt = object(attemptShape);
export type Attempt = ReturnType<typeof attempt>;
export const attemptDecoder: Decoder<Attempt> = attempt;

const attemptPage = object({
  attempts: list(attempt),
  page: object({ next_cursor: nullable(text), has_more: optional(boolean, false) }),
  total: nullable(number),
});
export type AttemptPage = ReturnType<typeof attemptPage>;

export const listAttempts = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/attempts", query, signal }, attemptPage);

// ---- One attempt ----------------------------------------------------------------------------------------------------

const attemptInFull = object({
  ...attemptShape,
  context: optional(record(anything), {}),
  idempotency_key: nullable(text),
  previous_hash: nullable(text),
  hash: nullable(text),
});
export type AttemptInFull = ReturnType<typeof attemptInFull>;

export interface ValueShape {
  /** "text, 12 characters" */
  words: string | null;
  /** Enough of the value to recognise it by: "+1••• •••23". */
  masked: string | null;
}

/** The shape of a value that was sent, never the value in full; a text is taken as the masked value. */
const valueShape: Decoder<ValueShape | null> = (value, at) => {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return { words: null, masked: value };
  if (!isObject(value)) throw new DecodeError(at, "a text or an object", value);
  const length = typeof value["length"] === "number" ? `${value["length"]} ${value["length"] === 1 ? "character" : "characters"}` : null;
  const words = [value["type"], length].filter((part): part is string => typeof part === "string" && part !== "").join(", ");
  return { words: words || null, masked: typeof value["masked"] === "string" ? value["masked"] : null };
};

const fieldVerdict = object({
  pointer: text,
  rule: nullable(text),
  value_shape: valueShape,
  result: oneOf("passed", "failed"),
  code: nullable(text),
  message: nullable(text),
});
export type FieldVerdict = ReturnType<typeof fieldVerdict>;

const limitVerdict = object({
  rule_id: text,
  applies_to: text,
  subject: nullable(text),
  algorithm: text,
  limit: decimal,
  window_seconds: decimal,
  burst: nullable(decimal),
  allowed: boolean,
  remaining: nullable(decimal),
  before: nullable(decimal),
  after: nullable(decimal),
  passes_at: nullable(instant),
});
export type LimitVerdict = ReturnType<typeof limitVerdict>;

/** The built-in rules have no version of a person's: they are nobody's schema. */
const schemaVersion: Decoder<number | null> = (value, at) => value === "builtin" ? null : number(value, at);
const schemaReference = nullable(object({ source: nullable(text), version: nullable(schemaVersion) }));

const requestFacts = object({
  address_hash: nullable(text),
  user_agent: nullable(text),
  endpoint: nullable(text),
  submitter: nullable(text),
  correlation_id: nullable(text),
  trace_id: optional(nullable(text), null),
  body_bytes: nullable(number),
  schema: schemaReference,
});
export type RequestFacts = ReturnType<typeof requestFacts>;

const attemptDetail = object({
  attempt: attemptInFull,
  lead: nullable(record(anything)),
  request: nullable(requestFacts),
  validation: optional(list(fieldVerdict), []),
  limits: optional(list(limitVerdict), []),
  retries: optional(list(attempt), []),
  neighbours: object({
    same_user: optional(list(attempt), []),
    previous: optional(list(attempt), []),
    next: optional(list(attempt), []),
  }),
  proof: nullable(object({ available: boolean })),
});
export type AttemptDetail = ReturnType<typeof attemptDetail>;
export const attemptDetailDecoder: Decoder<AttemptDetail> = attemptDetail;

export const getAttempt = (projectId: string, attemptId: string, signal: AbortSignal) =>
  send({ path: `/v1/attempts/${encodeURIComponent(attemptId)}`, query: { project_id: projectId }, signal }, attemptDetail);
