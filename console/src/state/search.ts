/**
 * The search box's little language: `user:usr_1 code:phone_invalid email:ana@example.com` and free words, both ways.
 *
 * Filters that every screen knows become filters, `date:` becomes the range; what only the list of attempts can look for
 * (`email:`, `phone:`, `lead:`, `attempt:`, `schema:`, `key:`, `field:`) stays a term among the words, which the server reads. Identifiers,
 * addresses and numbers with a country code need no field. What looks like a field and is none is put in quotation marks: to
 * the server, quoted text is words.
 */
import { CalendarDate, addDays, isDate } from "../words/times";
import { FILTER_FIELDS, FilterField, Filters } from "./view";

/** Terms that the server alone understands. */
export const TERM_FIELDS = ["email", "phone", "lead", "attempt", "schema", "key", "field"] as const;
export type TermField = typeof TERM_FIELDS[number];
export type SearchField = FilterField | TermField | "date";
/** They name one person or one thing: whoever looks for it wants it whatever the day. */
const IDENTIFYING: readonly SearchField[] = ["user", "email", "phone", "lead", "attempt"];

export interface Search {
  filters: Filters;
  /** Free words, and the terms that the server reads. */
  words: string;
  date: CalendarDate | null;
  /** Terms whose field is not known; they are searched as words. */
  unknown: string[];
  /** Why this cannot be searched, each a sentence without its period; the first is enough to put it right. */
  errors: string[];
}

/** One term as it was typed; `isQuoted` where it begins with a quotation mark, and so is words whatever it looks like. */
interface Typed {
  text: string;
  isQuoted: boolean;
}

export interface Term {
  field: TermField | null;
  value: string;
}

export const SEARCH_HELP: { field: SearchField; example: string; says: string }[] = [
  { field: "user", example: "user:usr_4f2a", says: "attempts of one person, by id" },
  { field: "email", example: "email:ana@example.com", says: "the same, by address; only its hash is on record" },
  { field: "phone", example: "phone:+15550100123", says: "the same, by number; only its hash is on record" },
  { field: "lead", example: "lead:led_01J9", says: "the attempt that a lead came from" },
  { field: "attempt", example: "attempt:att_01J9", says: "one attempt, by id" },
  { field: "code", example: "code:phone_invalid", says: "the precise reason of a failure" },
  { field: "category", example: "category:validation", says: "one word of the failure taxonomy" },
  { field: "field", example: "field:/user/phone", says: "refused for that field, whichever came first; also with a code: field:/user/phone:phone_invalid" },
  { field: "source", example: "source:partner_api", says: "where the attempt came from" },
  { field: "channel", example: "channel:affiliate", says: "the marketing channel" },
  { field: "outcome", example: "outcome:failure", says: "success or failure" },
  { field: "date", example: "date:2026-11-20", says: "one day; also today, yesterday" },
  { field: "schema", example: "schema:3", says: "judged by that version of the field schema" },
  { field: "key", example: "key:key_", says: "submitted with that API key or webhook secret" },
];
const FIELDS = SEARCH_HELP.map((entry) => entry.field);
const OUTCOMES: readonly string[] = ["success", "failure"];
/** What callers hold and paste: it says itself which field it belongs to. */
const BARE: readonly [SearchField, RegExp][] = [
  ["attempt", /^att_[0-9A-Za-z]{16,}$/], ["lead", /^led_[0-9A-Za-z]{16,}$/], ["user", /^usr_[0-9A-Za-z]{16,}$/],
  ["email", /^[^\s@:,]+@[^\s@:,]+\.[^\s@:,.]+$/], ["phone", /^\+(?:[ ().-]*\d){7,15}$/],
];

/** `today` is the date in the project's zone, for `date:today`. */
export function parseSearch(input: string, today: CalendarDate): Search {
  const filters: Filters = {};
  const words: string[] = [];
  const unknown: string[] = [];
  const errors: string[] = [];
  const dates = new Set<CalendarDate>();
  for (const term of joinedNumbers(terms(input))) {
    const { field, value } = term.isQuoted ? { field: null, value: term.text } : recognised(term.text);
    if (field === null) {
      words.push(quotedWord(term));
      if (!term.isQuoted && isLikeField(term.text)) unknown.push(term.text);
    } else if (value === "") {
      continue;
    } else if (field === "date") {
      const date = dateOf(value, today);
      if (date === null) errors.push(`date:${value}: write a date as YYYY-MM-DD, or today or yesterday`);
      else dates.add(date);
    } else if (isTermField(field)) {
      words.push(`${field}:${quoted(value)}`);
    } else {
      const values = filters[field] ?? [];
      for (const one of value.split(",").filter(Boolean)) if (!values.includes(one)) values.push(one);
      if (values.length > 0) filters[field] = values;
    }
  }
  for (const outcome of filters.outcome ?? []) {
    if (!OUTCOMES.includes(outcome)) errors.push(`outcome:${outcome}: an outcome is ${OUTCOMES.join(" or ")}`);
  }
  if (dates.size > 1) errors.push(`${[...dates].map((date) => `date:${date}`).join(" and ")}: a search is about one day; for several, choose the range in the bar`);
  return { filters, words: words.join(" "), date: [...dates][0] ?? null, unknown, errors };
}

function dateOf(value: string, today: CalendarDate): CalendarDate | null {
  const named = value.toLowerCase();
  if (named === "today") return today;
  if (named === "yesterday") return addDays(today, -1);
  return isDate(value) ? value : null;
}

export function printSearch(filters: Filters, words: string): string {
  const out: string[] = [];
  for (const field of FILTER_FIELDS) for (const value of filters[field] ?? []) out.push(`${field}:${quoted(value)}`);
  if (words) out.push(words);
  return out.join(" ");
}

/** The terms among the words, and the free words together as one. */
export function termsOfWords(words: string): Term[] {
  const out: Term[] = [];
  const free: string[] = [];
  for (const term of terms(words)) {
    const { field, value } = term.isQuoted ? { field: null, value: "" } : fieldOf(term.text);
    if (field !== null && isTermField(field) && value !== "") out.push({ field, value });
    else free.push(quotedWord(term));
  }
  if (free.length > 0) out.push({ field: null, value: free.join(" ") });
  return out;
}

export function printTerms(list: readonly Term[]): string {
  return list.map((term) => (term.field === null ? term.value : `${term.field}:${quoted(term.value)}`)).join(" ");
}

/** Whether the search names one person or one thing. */
export function isIdentifying(search: Search): boolean {
  return (search.filters.user ?? []).length > 0 || termsOfWords(search.words).some((term) => term.field !== null && IDENTIFYING.includes(term.field));
}

/** The one attempt that the search names and nothing else, or null. */
export function onlyAttempt(search: Search): string | null {
  const found = termsOfWords(search.words);
  const [first] = found;
  const alone = found.length === 1 && Object.keys(search.filters).length === 0;
  return alone && first?.field === "attempt" && /^att_\w+$/.test(first.value) ? first.value : null;
}

/** The term that ends at the cursor: what a completion would replace. */
export function termAt(input: string, cursor: number): { start: number; field: SearchField | null; typed: string } {
  let start = 0;
  let inQuotes = false;
  for (let index = 0; index < cursor; index += 1) {
    const character = input.charAt(index);
    if (character === '"') inQuotes = !inQuotes;
    else if (/\s/.test(character) && !inQuotes) start = index + 1;
  }
  const term = input.slice(start, cursor).replace(/"/g, "");
  const { field, value } = fieldOf(term);
  return { start, field, typed: field === null ? term : value };
}

export function quoted(value: string): string {
  return /[\s,"]/.test(value) ? `"${value.replace(/"/g, "")}"` : value;
}

/** Free text as the server reads it as words. */
function quotedWord({ text, isQuoted }: Typed): string {
  const { field, value } = isQuoted ? { field: null, value: text } : fieldOf(text);
  if (field !== null) return `${field}:${quoted(value)}`;
  return isQuoted || /\s/.test(text) || isLikeField(text) ? `"${text}"` : text;
}

const isLikeField = (text: string): boolean => /^[a-z_]+:/.test(text) && fieldOf(text).field === null;

/** The field that the term names, or that its value says itself. */
function recognised(term: string): { field: SearchField | null; value: string } {
  const named = fieldOf(term);
  if (named.field !== null) return named;
  const bare = BARE.find(([, form]) => form.test(term));
  return bare ? { field: bare[0], value: term } : named;
}

/** "+1 212 555 0123" is one number. */
function joinedNumbers(list: readonly Typed[]): Typed[] {
  const out: Typed[] = [];
  for (const term of list) {
    const last = out[out.length - 1];
    const goesOn = last && !last.isQuoted && !term.isQuoted && /^\+\d[\d ().-]*$/.test(last.text) && /^[\d().-]+$/.test(term.text);
    if (goesOn) last.text += ` ${term.text}`;
    else out.push({ ...term });
  }
  return out;
}

function fieldOf(term: string): { field: SearchField | null; value: string } {
  const colon = term.indexOf(":");
  const field = colon > 0 ? FIELDS.find((name) => name === term.slice(0, colon).toLowerCase()) ?? null : null;
  return { field, value: field === null ? term : term.slice(colon + 1) };
}

function isTermField(field: SearchField): field is TermField {
  return (TERM_FIELDS as readonly string[]).includes(field);
}

/** Splits at spaces outside quotation marks; the marks themselves are dropped. */
function terms(input: string): Typed[] {
  const out: Typed[] = [];
  let text = "";
  let isQuoted = false;
  let inQuotes = false;
  const end = () => {
    if (text) out.push({ text, isQuoted });
    text = "";
    isQuoted = false;
  };
  for (const character of input) {
    if (character === '"') {
      if (text === "" && !inQuotes) isQuoted = true;
      inQuotes = !inQuotes;
    } else if (/\s/.test(character) && !inQuotes) end();
    else text += character;
  }
  end();
  return out;
}
