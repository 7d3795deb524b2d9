/** Fields of a schema in plain words: one rule, what changed between two versions, what a change means for submissions. */
import type { Field, FieldType, WrittenSchema } from "../api/schemas";
import { exact } from "./numbers";

export const TYPE_WORDS: Record<FieldType, string> = {
  text: "text", number: "number", integer: "whole number", boolean: "true or false", email: "email address", phone_e164: "phone number, +1…",
  us_state: "US state, CA", date: "date, 2026-11-27", enum: "one of a list",
};

/** "text of 2 to 40 characters that matches ^[A-Z]+$, required" */
export function fieldWords(field: Field): string {
  const parts: string[] = [TYPE_WORDS[field.type].replace(/, .*/, "")];
  const length = between(field.min_length, field.max_length);
  if (length) parts.push(`of ${length} characters`);
  if (field.pattern !== null) parts.push(`that matches ${field.pattern}`);
  const range = between(field.min, field.max);
  if (range) parts.push(`${field.min !== null && field.max !== null ? "from " : ""}${range}`);
  if (field.values !== null) parts.push(`(${field.values.join(", ")})`);
  return `${parts.join(" ")}${field.required ? ", required" : ""}`;
}

function between(least: number | null, most: number | null): string | null {
  if (least !== null && most !== null) return least === most ? exactly(least) : `${exactly(least)} to ${exactly(most)}`;
  if (least !== null) return `at least ${exactly(least)}`;
  return most === null ? null : `at most ${exactly(most)}`;
}

const exactly = (value: number): string => (Number.isInteger(value) ? exact(value) : String(value));

export type FieldChange =
  | { kind: "added"; name: string; field: Field }
  | { kind: "removed"; name: string; field: Field }
  | { kind: "changed"; name: string; members: { member: keyof Field; before: string; after: string }[]; before: Field; after: Field };

const MEMBERS: (keyof Field)[] = ["type", "required", "min_length", "max_length", "pattern", "min", "max", "values", "description"];

/** What happened to each field, by its name; a renamed field is one that went and one that came. */
export function fieldChanges(before: readonly Field[], after: readonly Field[]): FieldChange[] {
  const out: FieldChange[] = [];
  for (const field of after) {
    const old = before.find((other) => other.name === field.name);
    if (!old) {
      out.push({ kind: "added", name: field.name, field });
      continue;
    }
    const members = MEMBERS.filter((member) => JSON.stringify(old[member]) !== JSON.stringify(field[member]))
      .map((member) => ({ member, before: memberWords(old[member]), after: memberWords(field[member]) }));
    if (members.length > 0) out.push({ kind: "changed", name: field.name, members, before: old, after: field });
  }
  for (const field of before) if (!after.some((other) => other.name === field.name)) out.push({ kind: "removed", name: field.name, field });
  return out;
}

function memberWords(value: Field[keyof Field]): string {
  if (value === null) return "\u2013";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** What submissions will notice, the strict consequences first. */
export function consequences(before: WrittenSchema, after: WrittenSchema): string[] {
  const out: { strict: boolean; says: string }[] = [];
  if (before.unknown_fields !== after.unknown_fields) {
    out.push(after.unknown_fields === "refuse" ? { strict: true, says: "Submissions with a field that is not listed are refused." } : { strict: false, says: "Fields that are not listed may be sent again." });
  }
  for (const change of fieldChanges(before.fields, after.fields)) {
    if (change.kind === "added") {
      if (change.field.required) out.push({ strict: true, says: `Submissions without \u201c${change.name}\u201d are refused.` });
      else out.push({ strict: true, says: `\u201c${change.name}\u201d, where it is sent, must be ${article(fieldWords(change.field))}.` });
    } else if (change.kind === "removed") {
      out.push({ strict: false, says: `\u201c${change.name}\u201d is no longer checked.` });
    } else {
      const required = change.members.find((member) => member.member === "required");
      if (required) out.push(change.after.required ? { strict: true, says: `Submissions without \u201c${change.name}\u201d are refused.` } : { strict: false, says: `\u201c${change.name}\u201d may be left out.` });
      const rules = change.members.filter((member) => member.member !== "required" && member.member !== "description");
      if (rules.length > 0) out.push({ strict: true, says: `\u201c${change.name}\u201d must be ${article(fieldWords({ ...change.after, required: false }))}.` });
    }
  }
  return out.sort((one, other) => Number(other.strict) - Number(one.strict)).map((entry) => entry.says);
}

function article(words: string): string {
  if (/^(true|one|text)/.test(words)) return words;
  return `${words.startsWith("email") ? "an" : "a"} ${words}`;
}
