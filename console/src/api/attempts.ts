/** Attempts: one row of the log for each lead submission. */
import { anything, boolean, instant, list, nullable, number, object, optional, record, text } from "./decode";
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

const attemptPage = object({
  attempts: list(attempt),
  page: object({ next_cursor: nullable(text), has_more: optional(boolean, false) }),
  total: nullable(number),
});
export type AttemptPage = ReturnType<typeof attemptPage>;

export const listAttempts = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/attempts", query, signal }, attemptPage);

const attemptInFull = object({
  ...attemptShape,
  context: optional(record(anything), {}),
  idempotency_key: nullable(text),
  previous_hash: nullable(text),
  hash: nullable(text),
});
export type AttemptInFull = ReturnType<typeof attemptInFull>;

const attemptDetail = object({
  attempt: attemptInFull,
  lead: nullable(record(anything)),
  neighbours: object({
    same_user: optional(list(attempt), []),
    previous: optional(list(attempt), []),
    next: optional(list(attempt), []),
  }),
});
export type AttemptDetail = ReturnType<typeof attemptDetail>;

export const getAttempt = (projectId: string, attemptId: string, signal: AbortSignal) =>
  send({ path: `/v1/attempts/${encodeURIComponent(attemptId)}`, query: { project_id: projectId }, signal }, attemptDetail);
