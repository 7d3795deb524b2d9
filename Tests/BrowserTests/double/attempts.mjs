// Lists of attempts and one attempt in full, as the double tells them.
import { createHash } from "node:crypto";
import { filtered, local } from "./data.mjs";
import { inclusionProof } from "./proof.mjs";

const hex = (text) => createHash("sha256").update(text).digest("hex");
export const publicRow = ({ at, hour, pointer, previous_hash, hash, idempotency_key, ...row }) => row;

/** What the log keeps beside the row; small numbers so that hashing a world stays quick. */
export function contextOf(row) {
  const context = { request: { schema_version: 1, endpoint: "leads", body_bytes: 412, body_sha256: hex(`b${row.attempt_id}`), user_agent: "Python", correlation_id: hex(`c${row.attempt_id}`).slice(0, 32), submitter: "key_first" } };
  if (row.pointer) context.errors = [{ pointer: row.pointer, code: row.failure_code, message: row.failure_message, value: sent(row.pointer) }];
  return context;
}

const sent = (pointer) => (pointer === "/user/phone" ? "5550100123" : pointer === "/user/email" ? "ana@" : "0");
const RULES = [
  ["/user/email", "an email address with a domain", { type: "text", length: 19, masked: "a••@e••••••.com" }],
  ["/user/phone", "E.164: + and 8 to 15 digits", { type: "text", length: 12, masked: "+1••• ••• ••23" }],
  ["/fields/state", "a US state, two letters", { type: "text", length: 2, masked: "CA" }],
  ["/fields/loan_amount", "a number from 1 to 100,000,000", { type: "number", length: null, masked: null }],
  ["/consent", "true", { type: "boolean", length: null, masked: null }],
];

function validationOf(row) {
  if (row.failure_category === "malformed") return [];
  return RULES.map(([pointer, rule, shape]) => {
    const failed = row.pointer === pointer;
    return { pointer, rule, value_shape: failed ? { type: "text", length: sent(pointer).length, masked: "•".repeat(Math.max(1, sent(pointer).length - 2)) + sent(pointer).slice(-2) } : shape, result: failed ? "failed" : "passed", code: failed ? row.failure_code : null, message: failed ? row.failure_message : null };
  });
}

function limitsOf(row) {
  if (!row.user_id) return [];
  const limited = row.failure_code === "rate_limit_user";
  const used = Number.parseInt(row.attempt_id.slice(-2), 16) % 4;
  const rules = [{ rule_id: "user-burst", applies_to: "user", subject: row.user_id, algorithm: "token_bucket", limit: 5, window_seconds: 600, burst: 5, allowed: !limited, remaining: limited ? 0 : 4 - used, before: limited ? 0.4 : 5 - used, after: limited ? 0.4 : 4 - used, passes_at: limited ? new Date(row.at + 72_000).toISOString() : null }];
  if (row.source === "partner_api" && !limited) rules.push({ rule_id: "partner-hour", applies_to: "source", subject: row.source, algorithm: "sliding_window", limit: 600, window_seconds: 3600, burst: null, allowed: true, remaining: 412, before: 187, after: 188, passes_at: null });
  return rules;
}

export function attemptsPage(world, query) {
  const rows = filtered(world, query).reverse();
  const limit = Number(query.get("limit") ?? 50);
  const after = query.get("cursor") ? Number(Buffer.from(query.get("cursor"), "base64url").toString()) : Infinity;
  const rest = rows.filter((row) => row.sequence < after);
  const page = rest.slice(0, limit);
  const more = rest.length > limit;
  return { attempts: page.map(publicRow), page: { next_cursor: more ? Buffer.from(String(page[page.length - 1].sequence)).toString("base64url") : null, has_more: more }, total: rows.length };
}

export function attempt(world, id) {
  const row = world.attempts.find((candidate) => candidate.attempt_id === id);
  if (!row) return null;
  const { at, hour, pointer, ...full } = row;
  const context = contextOf(row);
  const shown = row.failure_code === "duplicate_lead" ? { ...context, duplicate_of: world.attempts.find((other) => other.lead_id)?.attempt_id } : context;
  const same = world.attempts.filter((other) => row.user_id && other.user_id === row.user_id && Math.abs(other.sequence - row.sequence) < 4000).slice(-10).map(publicRow);
  return {
    attempt: { ...full, context: shown },
    lead: row.lead_id ? { lead_id: row.lead_id, created_at: row.received_at, fields: { state: "CA", loan_amount: 320000, property_value: 540000, credit_score: 712 } } : null,
    request: { address_hash: hex(`ip${row.user_id}`), user_agent: "Python", endpoint: row.source === "webhook" ? "webhook" : "leads", submitter: "key_first", correlation_id: context.request.correlation_id, body_bytes: 412, schema: row.source === "web_form" ? { source: "web_form", version: 3 } : null },
    validation: validationOf(row), limits: limitsOf(row), retries: same,
    neighbours: { same_user: same, previous: world.attempts.slice(Math.max(0, row.sequence - 4), row.sequence - 1).map(publicRow), next: world.attempts.slice(row.sequence, row.sequence + 3).map(publicRow) },
    proof: { available: row.logical_date < local(world.now).date, href: `/v1/attempts/${id}/proof` },
  };
}

/** Null for an unknown attempt, "open" while its day is. */
export function proof(world, id) {
  const row = world.attempts.find((candidate) => candidate.attempt_id === id);
  if (!row) return null;
  if (row.logical_date >= local(world.now).date) return "open";
  const rows = world.attempts.filter((other) => other.logical_date === row.logical_date);
  return inclusionProof(rows, row, JSON.stringify(contextOf(row)));
}
