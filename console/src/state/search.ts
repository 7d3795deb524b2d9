/** The search box's little language: `user:usr_1 code:phone_invalid source:web_form` and free words, both ways. */
import { FILTER_FIELDS, FilterField, Filters } from "./view";

export interface Search {
  filters: Filters;
  words: string;
  /** Terms whose field is not known; they are searched as words. */
  unknown: string[];
}

export const SEARCH_HELP: { field: FilterField; example: string; says: string }[] = [
  { field: "user", example: "user:usr_4f2a", says: "attempts of one person" },
  { field: "code", example: "code:phone_invalid", says: "the precise reason of a failure" },
  { field: "category", example: "category:validation", says: "one word of the failure taxonomy" },
  { field: "source", example: "source:partner_api", says: "where the attempt came from" },
  { field: "channel", example: "channel:affiliate", says: "the marketing channel" },
  { field: "outcome", example: "outcome:failure", says: "success or failure" },
];

export function parseSearch(input: string): Search {
  const filters: Filters = {};
  const words: string[] = [];
  const unknown: string[] = [];
  for (const term of terms(input)) {
    const colon = term.indexOf(":");
    const field = colon > 0 ? FILTER_FIELDS.find((name) => name === term.slice(0, colon).toLowerCase()) : undefined;
    if (!field) {
      words.push(term);
      if (/^[a-z_]+:[^\s]/.test(term)) unknown.push(term);
      continue;
    }
    const values = filters[field] ?? [];
    for (const value of term.slice(colon + 1).split(",").filter(Boolean)) if (!values.includes(value)) values.push(value);
    if (values.length > 0) filters[field] = values;
  }
  return { filters, words: words.join(" "), unknown };
}

export function printSearch(filters: Filters, words: string): string {
  const out: string[] = [];
  for (const field of FILTER_FIELDS) for (const value of filters[field] ?? []) out.push(`${field}:${quoted(value)}`);
  if (words) out.push(words);
  return out.join(" ");
}

function quoted(value: string): string {
  return /[\s,"]/.test(value) ? `"${value.replace(/"/g, "")}"` : value;
}

/** Splits at spaces outside quotation marks; the marks themselves are dropped. */
function terms(input: string): string[] {
  const out: string[] = [];
  let term = "";
  let inQuotes = false;
  for (const character of input) {
    if (character === '"') inQuotes = !inQuotes;
    else if (/\s/.test(character) && !inQuotes) {
      if (term) out.push(term);
      term = "";
    } else term += character;
  }
  if (term) out.push(term);
  return out;
}
