/** What could complete the term that is being typed. Pure. */
import type { Facet } from "../../api/analytics";
import { SEARCH_HELP, termAt } from "../../state/search";
import { addDays, dayWords } from "../../words/times";

export interface Suggestion {
  /** What is put in the place of the typed term. */
  text: string;
  shown: string;
  says: string;
  count: number | null;
  /** Whether the term is complete with it. */
  ends: boolean;
}

const SHOWN_MAX = 8;
const DATES = 8;
const FACET_OF: Record<string, string> = { source: "source", channel: "channel", outcome: "outcome", category: "error_category", code: "error_code" };

export function suggestions(here: ReturnType<typeof termAt>, facets: readonly Facet[], today: string): Suggestion[] {
  const typed = here.typed.toLowerCase();
  if (here.field === null) return [...fields(typed), ...(typed.length > 1 ? values(typed, facets) : [])].slice(0, typed === "" ? SEARCH_HELP.length : SHOWN_MAX);
  if (here.field === "date") return dates(today).filter((one) => one.shown.startsWith(typed) || (typed !== "" && one.says.startsWith(typed)));
  const before = typed.slice(0, typed.lastIndexOf(",") + 1);
  const facet = facets.find((candidate) => candidate.field === FACET_OF[here.field ?? ""]);
  return (facet?.values ?? []).flatMap((entry) => {
    const value = entry.value;
    if (!value || !value.toLowerCase().startsWith(typed.slice(before.length)) || typed === value.toLowerCase()) return [];
    return [{ text: `${here.field}:${before}${value}`, shown: value, says: "", count: entry.count, ends: true }];
  }).slice(0, SHOWN_MAX);
}

function fields(typed: string): Suggestion[] {
  return SEARCH_HELP.filter((entry) => entry.field.startsWith(typed)).map((entry) => ({ text: `${entry.field}:`, shown: typed === "" ? entry.example : `${entry.field}:`, says: entry.says, count: null, ends: false }));
}

/** A word that is typed alone may be the beginning of a known value. */
function values(typed: string, facets: readonly Facet[]): Suggestion[] {
  return Object.entries(FACET_OF).flatMap(([field, name]) => (facets.find((facet) => facet.field === name)?.values ?? []).flatMap((entry) =>
    entry.value?.toLowerCase().includes(typed) ? [{ text: `${field}:${entry.value}`, shown: `${field}:${entry.value}`, says: "", count: entry.count, ends: true }] : []));
}

function dates(today: string): Suggestion[] {
  return Array.from({ length: DATES }, (_, back) => {
    const date = addDays(today, -back);
    return { text: `date:${date}`, shown: date, says: back === 0 ? "today" : back === 1 ? "yesterday" : dayWords(date, today), count: null, ends: true };
  });
}
