/** The schema editor's state: rows of texts as they are typed, and what is wrong with them. Pure. */
import { FIELD_TYPES, Field, FieldType, UnknownFields } from "../../api/schemas";
import { TYPE_WORDS } from "../../words/fields";
import type { FieldFailure } from "../../api/failure";

export interface DraftField {
  /** Stays with the row while it moves. */
  key: number;
  name: string;
  type: FieldType;
  required: boolean;
  min_length: string;
  max_length: string;
  pattern: string;
  min: string;
  max: string;
  values: string;
  description: string;
}
export type DraftMember = Exclude<keyof DraftField, "key">;
export type Rules = "length" | "range" | "values";

/** Which rules a type can have. */
export const RULES: Record<FieldType, readonly Rules[]> = {
  text: ["length"], number: ["range"], integer: ["range"], boolean: [], email: [], phone_e164: [], us_state: [], date: [], enum: ["values"],
};
export const FIELDS_MAX = 64;
const NAME = /^[A-Za-z0-9_.:-]{1,64}$/;
const VALUES_MAX = 200;
const DESCRIPTION_MAX = 300;
const LENGTH_MAX = 2_000;
/** The members of the submission's user that a schema can name, with their types. */
const USER_TYPES: Record<string, FieldType> = { "user.email": "email", "user.phone": "phone_e164", "user.name": "text", "user.external_id": "text" };

let keys = 0;
const say = (value: number | null): string => (value === null ? "" : String(value));

export function draftOf(fields: readonly Field[]): DraftField[] {
  return fields.map((field) => ({
    key: (keys += 1), name: field.name, type: field.type, required: field.required, min_length: say(field.min_length), max_length: say(field.max_length),
    pattern: field.pattern ?? "", min: say(field.min), max: say(field.max), values: (field.values ?? []).map((value) => (/[,"]/.test(value) ? `"${value.replace(/"/g, "")}"` : value)).join(", "), description: field.description ?? "",
  }));
}

export const emptyField = (): DraftField => ({ key: (keys += 1), name: "", type: "text", required: false, min_length: "", max_length: "", pattern: "", min: "", max: "", values: "", description: "" });

export function inserted(draft: readonly DraftField[], at: number, field: DraftField): DraftField[] {
  return [...draft.slice(0, at), field, ...draft.slice(at)];
}

export function moved(draft: readonly DraftField[], from: number, by: -1 | 1): DraftField[] {
  const to = from + by;
  const row = draft[from];
  if (!row || to < 0 || to >= draft.length) return [...draft];
  const rest = draft.filter((_, index) => index !== from);
  return inserted(rest, to, row);
}

/** A comma inside of a value is written in quotation marks. */
export function valuesOf(text: string): string[] {
  return [...text.matchAll(/\s*"([^"]*)"\s*|([^,]+)/g)].map((found) => (found[1] ?? found[2] ?? "").trim()).filter(Boolean);
}

const numberOf = (text: string): number | null => (text.trim() === "" ? null : Number(text.trim().replace(/(\d),(?=\d{3}\b)/g, "$1")));

/** What is sent: only the rules that the type can have. */
export function fieldsOf(draft: readonly DraftField[]): Field[] {
  return draft.map((row) => {
    const has = (rules: Rules) => RULES[row.type].includes(rules);
    return {
      name: row.name.trim(), type: row.type, required: row.required,
      max_length: has("length") ? numberOf(row.max_length) : null, min_length: has("length") ? numberOf(row.min_length) : null,
      pattern: has("length") && row.pattern !== "" ? row.pattern : null,
      min: has("range") ? numberOf(row.min) : null, max: has("range") ? numberOf(row.max) : null,
      values: has("values") ? valuesOf(row.values) : null, description: row.description.trim() || null,
    };
  });
}

/** Problems by `index/member`. */
export type Problems = Record<string, string>;

export function problemsOf(draft: readonly DraftField[]): Problems {
  const out: Problems = {};
  const fields = fieldsOf(draft);
  fields.forEach((field, index) => {
    const put = (member: DraftMember, says: string) => { out[`${index}/${member}`] ??= says; };
    const row = draft[index];
    if (!row) return;
    if (field.name === "") put("name", "Give the field the name under which it is sent.");
    else if (!NAME.test(field.name)) put("name", "1 to 64 letters, digits or _ . : -");
    else if (fields.findIndex((other) => other.name === field.name) < index) put("name", "A field of this name is above.");
    else if (field.name.startsWith("user.") && USER_TYPES[field.name] === undefined) put("name", `Of the user: ${Object.keys(USER_TYPES).join(", ")}.`);
    const userType = USER_TYPES[field.name];
    if (userType !== undefined && userType !== field.type) put("type", `${field.name} is ${TYPE_WORDS[userType].replace(/,.*/, "")}.`);
    for (const member of ["min_length", "max_length"] as const) {
      const value = field[member];
      if (value !== null && (!Number.isInteger(value) || value < 0 || value > LENGTH_MAX)) put(member, `A whole number up to ${LENGTH_MAX}.`);
    }
    for (const member of ["min", "max"] as const) {
      const value = field[member];
      if (value !== null && (!Number.isFinite(value) || (field.type === "integer" && !Number.isInteger(value)))) put(member, field.type === "integer" ? "A whole number." : "A number.");
    }
    if (field.min_length !== null && field.max_length !== null && field.min_length > field.max_length) put("max_length", "Less than the shortest.");
    if (field.min !== null && field.max !== null && field.min > field.max) put("max", "Less than the least.");
    if (field.pattern !== null && !compiles(field.pattern)) put("pattern", "Not a regular expression.");
    if (field.values !== null && field.values.length === 0) put("values", "List what is allowed, with commas.");
    if (field.values !== null && new Set(field.values).size < field.values.length) put("values", "A value is there twice.");
    if (field.values !== null && field.values.length > VALUES_MAX) put("values", `At most ${VALUES_MAX} values.`);
    if (row.description.length > DESCRIPTION_MAX) put("description", `At most ${DESCRIPTION_MAX} characters.`);
  });
  return out;
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}

/** What the server refused, by the same places; what has no place in the table is left for a line below it. */
export function placed(failures: readonly FieldFailure[]): { problems: Problems; rest: FieldFailure[] } {
  const problems: Problems = {};
  const rest: FieldFailure[] = [];
  for (const failure of failures) {
    const found = /^\/fields\/(\d+)(?:\/(\w+))?/.exec(failure.pointer);
    if (found) problems[`${found[1]}/${found[2] ?? "name"}`] = failure.message;
    else rest.push(failure);
  }
  return { problems, rest };
}

const STORAGE = "daybook.schema-draft";

export interface Draft {
  /** The version that it began from. */
  base: number | null;
  rows: DraftField[];
  unknown: UnknownFields;
}

/** A draft outlives a reload of the page; it ends with the tab. */
export function keepDraft(place: string, draft: Draft | null): void {
  try {
    if (draft === null) window.sessionStorage.removeItem(`${STORAGE}.${place}`);
    else window.sessionStorage.setItem(`${STORAGE}.${place}`, JSON.stringify({ base: draft.base, unknown: draft.unknown, fields: fieldsOf(draft.rows) }));
  } catch {
    // Kept for this page only.
  }
}

export function keptDraft(place: string): Draft | null {
  try {
    const found = JSON.parse(window.sessionStorage.getItem(`${STORAGE}.${place}`) ?? "null") as { base: number | null; unknown: UnknownFields; fields: Field[] } | null;
    if (!found || !found.fields.every((field) => typeof field.name === "string" && FIELD_TYPES.includes(field.type))) return null;
    return { base: found.base, unknown: found.unknown === "refuse" ? "refuse" : "allow", rows: draftOf(found.fields) };
  } catch {
    return null;
  }
}
