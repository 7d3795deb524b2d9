/** One sentence for what became of an attempt. */
import type { Attempt } from "../api/attempts";
import { duration } from "./numbers";
import { inZone, momentSeconds } from "./times";

/** What the codes mean when the log row carries no message of its own. */
const CODE_WORDS: Record<string, string> = {
  phone_country_missing: "the phone number lacks its country code",
  phone_invalid: "the phone number is not valid",
  email_invalid: "the email address is not valid",
  state_invalid: "the US state is not known",
  consent_missing: "consent was not given",
  duplicate_lead: "the same person already sent this lead",
  rate_limit_user: "this person's rate limit was reached",
  user_unknown: "the submission does not say who it is from",
  body_not_json: "the body is not JSON",
  field_range: "a number is out of range",
  field_type: "a field has the wrong type",
  field_missing: "a required field is missing",
  field_value: "a field has a value that is not among those allowed",
  field_unknown: "there is a field that is not known",
  csv_row_invalid: "the row cannot be read as CSV",
  dependency_timeout: "a part of the system did not answer in time",
  dependency_unavailable: "a part of the system did not answer",
  internal_error: "Daybook failed",
};

export function codeWords(code: string | null): string {
  if (!code) return "the reason was not recorded";
  return CODE_WORDS[code] ?? code.replace(/_/g, " ");
}

const OPENINGS: Record<string, string> = {
  validation: "Refused",
  malformed: "Could not be read",
  authentication: "Turned away",
  authorization: "Turned away",
  rate_limited: "Turned away",
  quota: "Turned away",
  duplicate: "Already there",
  conflict: "Refused",
  timeout: "Not finished",
  dependency: "Not finished",
  internal: "Not finished",
};

/** Where the reader is in time, and when the limits that refused the attempt let the next one through. */
export interface When {
  zone: string;
  now: number;
  passesAt: number | null;
}

export function verdict(attempt: Attempt, when: When): string {
  const took = attempt.duration_ms === null ? "" : ` in ${duration(attempt.duration_ms)}`;
  if (attempt.outcome === "success") return attempt.lead_id ? `Accepted${took}: it became a lead.` : `Accepted${took}.`;
  const opening = OPENINGS[attempt.failure_category ?? ""] ?? "Failed";
  if (opening === "Turned away" && when.passesAt !== null) {
    return `${opening}${took}: ${sentence(codeWords(attempt.failure_code))} The next submission passes at ${momentSeconds(when.passesAt, when.zone, when.now)}.`;
  }
  return `${opening}${took}: ${inZone(explained(attempt), when.zone, when.now)}`;
}

/** The message without the place in the submission, which stands beside it. */
export function messageWords(message: string | null): string | null {
  return message === null ? null : message.replace(/^\/[\w/~-]*:\s+/, "");
}

/** Codes that any field may have: the verdict names it. The others say by themselves what they are about. */
const FIELD_WORDS: Record<string, string> = {
  field_too_long: "is too long",
  field_too_short: "is too short",
  field_range: "is out of range",
  field_type: "has the wrong type",
  field_missing: "is missing",
  field_value: "has a value that is not allowed",
  field_pattern: "does not have the form that is asked for",
  field_date: "is not a date",
  field_duplicate: "is there twice",
  field_too_many: "has too many values",
  field_unknown: "is not a known field",
};
const POINTED = /^(\/[\w/~-]*):\s+([\s\S]*?)(?: \(and (\d+) more\))?$/;

/** A message that only says what to do comes after what was wrong: "loan amount is too long (at most 200 bytes), and 2 more fields." */
function explained(attempt: Attempt): string {
  const { failure_message: message, failure_code: code } = attempt;
  if (message === null) return sentence(codeWords(code));
  const [, pointer, advice, others] = POINTED.exec(message) ?? [];
  if (pointer === undefined || advice === undefined) return sentence(message);
  const more = others === undefined ? "" : `, and ${others} more ${others === "1" ? "field" : "fields"}`;
  const ofField = FIELD_WORDS[code ?? ""];
  const wrong = ofField === undefined ? codeWords(code) : `${fieldName(pointer)} ${ofField}`;
  // A bound is a part of what was wrong; a request stands for itself.
  if (/^(At most|At least|Must be) /.test(advice)) return `${wrong} (${advice.charAt(0).toLowerCase()}${advice.slice(1).replace(/\.$/, "")})${more}.`;
  return `${wrong}${more}. ${advice}`;
}

/** "/fields/loan_amount" is "loan amount". */
function fieldName(pointer: string): string {
  const last = pointer.split("/").filter(Boolean).pop();
  return last === undefined ? "the body" : last.replace(/~1/g, "/").replace(/~0/g, "~").replace(/_/g, " ");
}

/** What the same person's later attempts came to, or null when there are none. */
export function aftermath(attempt: Attempt, sameUser: readonly Attempt[]): string | null {
  const later = sameUser
    .filter((other) => other.sequence > attempt.sequence)
    .sort((one, other) => one.sequence - other.sequence);
  const success = later.find((other) => other.outcome === "success");
  if (attempt.outcome === "success") {
    return later.length > 0 ? `The same person tried ${times(later.length)} more after this.` : null;
  }
  if (success) {
    const tries = later.indexOf(success) + 1;
    return `The same person succeeded ${duration(success.received_at - attempt.received_at)} later, at the ${ordinal(tries)} further try.`;
  }
  if (later.length > 0) return `The same person tried ${times(later.length)} more, without success.`;
  return attempt.user_id ? "Nothing came from this person afterwards." : null;
}

function sentence(words: string): string {
  const trimmed = words.trim().replace(/\.$/, "");
  const lowered = /^[A-Z][a-z]/.test(trimmed) && !/^(US|API|JSON|Daybook)\b/.test(trimmed) ? trimmed.charAt(0).toLowerCase() + trimmed.slice(1) : trimmed;
  return `${lowered}.`;
}

function times(count: number): string {
  return count === 1 ? "once" : count === 2 ? "twice" : `${count} times`;
}

function ordinal(count: number): string {
  return ["first", "second", "third", "fourth", "fifth"][count - 1] ?? `${count}th`;
}
