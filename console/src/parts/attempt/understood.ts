/** From the answer about one attempt to what the page shows. Rows written before fields and limits were told apart have them in their context. */
import type { AttemptDetail, FieldVerdict, LimitVerdict } from "../../api/attempts";
import { isObject } from "../../api/decode";

export function fieldsOf({ validation, attempt }: Pick<AttemptDetail, "validation" | "attempt">): FieldVerdict[] {
  if (validation.length > 0) return validation;
  const errors = attempt.context["errors"];
  if (!Array.isArray(errors)) return [];
  return errors.filter(isObject).map((error) => ({
    pointer: textOf(error["pointer"]) ?? "/", rule: null, value_shape: error["value"] === undefined || error["value"] === null ? null : { words: null, masked: textOf(error["value"]) }, result: "failed", code: textOf(error["code"]), message: textOf(error["message"]),
  }));
}

export function limitsOf({ limits, attempt }: Pick<AttemptDetail, "limits" | "attempt">): LimitVerdict[] {
  if (limits.length > 0) return limits;
  const limiter = attempt.context["limiter"];
  if (!isObject(limiter) || typeof limiter["limit_per_minute"] !== "number" || typeof limiter["allowed"] !== "boolean") return [];
  const passes = Date.parse(textOf(limiter["passes_at"]) ?? "");
  return [{
    rule_id: "user", applies_to: "user", subject: null, algorithm: "token_bucket", limit: limiter["limit_per_minute"], window_seconds: 60, burst: null, allowed: limiter["allowed"],
    remaining: typeof limiter["remaining"] === "number" ? limiter["remaining"] : null, before: null, after: null, passes_at: Number.isNaN(passes) ? null : passes,
  }];
}

/** "version 3 of web_form", or null when no field schema judged it. */
export function schemaWords({ request, attempt }: Pick<AttemptDetail, "request" | "attempt">): string | null {
  const found = request?.schema ?? attempt.context["schema"];
  if (!isObject(found) || typeof found["version"] !== "number") return null;
  return `version ${found["version"]} of ${textOf(found["source"]) ?? attempt.source}`;
}

/** What the context holds beside what is shown in its own place. */
export function restOf(context: Record<string, unknown>): Record<string, unknown> {
  const { errors, accepted, limiter, limits, schema, duplicate_of, validation, ...rest } = context;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
}

export function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
