/** How often a user, a source or a key may submit. */
import { instant, list, nullable, number, object, oneOf, text } from "./decode";
import { send } from "./client";
import { enveloped } from "./envelope";
import { projectPath } from "./ways";

export const APPLIES_TO = ["user", "source", "key"] as const;
export type AppliesTo = typeof APPLIES_TO[number];
export const ALGORITHMS = ["token_bucket", "sliding_window"] as const;
export type Algorithm = typeof ALGORITHMS[number];

const rule = object({
  rule_id: text,
  applies_to: oneOf(...APPLIES_TO),
  source: nullable(text),
  algorithm: oneOf(...ALGORITHMS),
  limit: number,
  window_seconds: number,
  burst: nullable(number),
});
export type LimitRule = ReturnType<typeof rule>;

const limits = enveloped(object({ rules: list(rule), updated_at: nullable(instant) }));
export type SubmissionLimits = ReturnType<typeof limits>;

export const getLimits = (projectId: string, signal: AbortSignal) => send({ path: projectPath(projectId, "limits"), signal }, limits);

export const putLimits = (projectId: string, rules: readonly LimitRule[]) =>
  send({ method: "PUT", path: projectPath(projectId, "limits"), body: { rules } }, limits);
