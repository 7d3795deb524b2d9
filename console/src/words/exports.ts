/** From the view to an export's question, and an export in words. */
import type { Export, ExportFormat, ExportOf, ExportQuestion } from "../api/exports";
import { Filters, View } from "../state/view";
import type { Span } from "../state/range";
import { jobTitle } from "./jobs";
import { addDays, dateOf, dayWords } from "./times";

export const OF_WORDS: Record<ExportOf, { name: string; says: string }> = {
  attempts: { name: "Attempts", says: "one row for each submission, with its outcome and reason" },
  leads: { name: "Leads", says: "one row for each lead, with its fields" },
  days: { name: "Days", says: "one row for each day: counts, failures, seal" },
  reports: { name: "Reports", says: "every version of each day's report" },
};
export const FORMAT_WORDS: Record<ExportFormat, { name: string; says: string }> = {
  csv: { name: "CSV", says: "for spreadsheets" },
  jsonl: { name: "JSON Lines", says: "one object a line, nothing lost" },
  parquet: { name: "Parquet", says: "typed columns, for DuckDB, pandas, Spark" },
};

/** Only rows of attempts and leads can be narrowed down by filters. */
export const takesFilters = (of: ExportOf): boolean => of === "attempts" || of === "leads";

const quoted = (value: string): string => (/[\s,"]/.test(value) ? `"${value.replace(/"/g, "")}"` : value);

/** The view's filters in the export's own form; those without a member of their own travel as terms of `q`. */
export function exportFilter(filters: Filters, words: string): NonNullable<ExportQuestion["filter"]> {
  const terms: string[] = [];
  const own: Record<string, keyof NonNullable<ExportQuestion["filter"]>> = { source: "source", channel: "channel", outcome: "outcome", code: "error_code" };
  const out: NonNullable<ExportQuestion["filter"]> = {};
  for (const [field, values] of Object.entries(filters)) {
    if (!values || values.length === 0) continue;
    const member = own[field];
    if (member !== undefined && member !== "q") out[member] = values;
    else terms.push(...values.map((value) => `${field}:${quoted(value)}`));
  }
  const q = [...terms, words].filter(Boolean).join(" ");
  if (q) out.q = q;
  return out;
}

/** "attempts as CSV" */
export const exportTitle = (one: Pick<Export, "job" | "of" | "format">): string =>
  (one.of && one.format ? `${one.of} as ${FORMAT_WORDS[one.format].name}` : jobTitle(one.job));

/** Attempts and leads lie between two instants, days and reports between two dates; both ranges are half-open. */
export function exportQuestion(projectId: string, of: ExportOf, format: ExportFormat, span: Span, zone: string, view: Pick<View, "filters" | "words">): ExportQuestion {
  const filter = takesFilters(of) ? exportFilter(view.filters, view.words) : {};
  return {
    project_id: projectId, of, format,
    ...(span.date !== null ? { date: span.date }
      : takesFilters(of) ? { from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString() }
        : { from: dateOf(span.from, zone), to: addDays(dateOf(span.to - 1, zone), 1) }),
    ...(Object.keys(filter).length > 0 ? { filter } : {}),
  };
}

/** What an export covers, from what was asked: "Thu 26 Nov", "20 Nov to 26 Nov, source web_form". */
export function coverage(about: Record<string, unknown> | null, zone: string, today: string): string {
  if (!about) return "";
  const say = (value: unknown): string => (Array.isArray(value) ? value.join(" or ") : String(value));
  const parts: string[] = [];
  const from = Date.parse(String(about["from"] ?? ""));
  const to = Date.parse(String(about["to"] ?? ""));
  if (typeof about["date"] === "string") parts.push(dayWords(about["date"], today));
  else if (from < to) {
    const [first, last] = [dateOf(from, zone), dateOf(to - 1, zone)];
    parts.push(first === last ? dayWords(first, today) : `${dayWords(first, today)} to ${dayWords(last, today)}`);
  } else if (!Number.isNaN(from)) parts.push(`from ${dayWords(dateOf(from, zone), today)}`);
  else if (!Number.isNaN(to)) parts.push(`up to ${dayWords(dateOf(to - 1, zone), today)}`);
  else if (typeof about["of"] === "string") parts.push("the whole log");
  const filter = about["filter"];
  if (typeof filter === "object" && filter !== null) {
    for (const [name, value] of Object.entries(filter)) if (value !== null && say(value) !== "") parts.push(`${name === "q" ? "" : `${name === "error_code" ? "code" : name} `}${say(value)}`);
  }
  return parts.join(", ");
}
