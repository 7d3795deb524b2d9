/** From a filter of the API to the view that shows its rows: any number on a screen leads to the attempts behind it. */
import { isObject } from "../api/decode";
import { CalendarDate, addDays, isDate, startOf } from "../words/times";
import { TermField, parseSearch, printTerms } from "./search";
import { FILTER_FIELDS, FilterField, Filters, RangeChoice, View } from "./view";

const FIELD_OF: Record<string, FilterField> = {
  source: "source", channel: "channel", outcome: "outcome", error_category: "category", failure_category: "category",
  error_code: "code", failure_code: "code", user_id: "user",
};

/** Members as `GET /v1/attempts` takes them. */
export type RowsFilter = Readonly<Record<string, unknown>>;

/** The change of view that shows the rows of a filter; `date` is the day when the filter itself names no time. */
export function rowsOf(filter: RowsFilter, date: CalendarDate | null): Partial<View> {
  const filters: Filters = {};
  for (const [name, value] of Object.entries(filter)) {
    const field = FIELD_OF[name];
    const values = (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === "string" && one !== "");
    if (field && values.length > 0) filters[field] = values;
  }
  const term = (name: string, field: TermField) => (typeof filter[name] === "string" ? printTerms([{ field, value: filter[name] as string }]) : "");
  const said = [typeof filter["q"] === "string" ? filter["q"] : "", term("key_id", "key"), term("field", "field")].filter(Boolean).join(" ");
  const range = rangeOf(filter) ?? (date === null ? null : { kind: "date" as const, date });
  return { screen: "attempts", item: null, open: null, words: said, filters, ...(range ? { range } : {}) };
}

/** The same rows, none of them later than `end`; null sets no end. */
export function rowsUntil(rows: Partial<View>, end: number | null, zone: string): Partial<View> {
  const { range } = rows;
  if (end === null || range === undefined || range.kind === "preset") return rows;
  const from = range.kind === "date" ? startOf(range.date, zone) : range.from;
  const whole = range.kind === "date" ? startOf(addDays(range.date, 1), zone) : range.to;
  const to = Math.min(end, whole);
  return from < to && to < whole ? { ...rows, range: { kind: "span", from, to } } : rows;
}

/**
 * The attempts that an export holds, from what was asked for; those that came after it was written are none of it. Null for
 * exports of something else, and of the whole log.
 */
export function rowsOfExport(about: Record<string, unknown> | null, writtenAt: number, zone: string): Partial<View> | null {
  if (about === null || about["of"] !== "attempts") return null;
  const filter: Record<string, unknown> = isObject(about["filter"]) ? about["filter"] : {};
  const rows = rowsOf({ ...filter, q: "", from: about["from"], to: about["to"], date: about["date"] }, null);
  if (rows.range === undefined) return null;
  const search = parseSearch(typeof filter["q"] === "string" ? filter["q"] : "", "");
  return rowsUntil({ ...rows, filters: { ...rows.filters, ...search.filters }, words: search.words }, writtenAt, zone);
}

/**
 * The rows behind a number that follows the filters in the bar: the same filters, narrowed by `more`. `without` names filters
 * that the number does not follow; words it never follows, as the list alone can look for them. Null where the two exclude
 * each other: there is no row behind such a number.
 */
export function rowsWithin(view: View, more: Filters = {}, { without = [], range }: { without?: readonly FilterField[]; range?: RangeChoice } = {}): Partial<View> | null {
  const filters: Filters = {};
  for (const field of FILTER_FIELDS) {
    const had = without.includes(field) ? [] : view.filters[field] ?? [];
    const asked = more[field] ?? [];
    const both = had.length === 0 ? asked : asked.length === 0 ? had : asked.filter((value) => had.includes(value));
    if (both.length > 0) filters[field] = both;
    else if (had.length > 0) return null;
  }
  return { screen: "attempts", item: null, open: null, words: "", filters, ...(range ? { range } : {}) };
}

function rangeOf(filter: RowsFilter): RangeChoice | null {
  const { from, to, date } = filter;
  const start = typeof from === "string" ? Date.parse(from) : NaN;
  const end = typeof to === "string" ? Date.parse(to) : NaN;
  if (start < end) return { kind: "span", from: start, to: end };
  return typeof date === "string" && isDate(date) ? { kind: "date", date } : null;
}

/** The rows of some dates, from the first to the last, both with. */
export function datesRange(from: CalendarDate, to: CalendarDate, zone: string): RangeChoice {
  return from === to ? { kind: "date", date: from } : { kind: "span", from: startOf(from, zone), to: startOf(addDays(to, 1), zone) };
}

export function isFilter(value: unknown): value is RowsFilter {
  return isObject(value);
}
