/**
 * The view is what the address after `#` says, all of it: screen, item, project, time range, filters, sort, selection, live.
 * Copying the address reproduces the view. Reading is tolerant: what it does not understand it leaves out.
 */
import { CalendarDate, isDate } from "../words/times";

export const SCREENS = ["today", "attempts", "days", "trends", "funnel", "failures", "system", "settings"] as const;
/** Not in the rail: every part in all its states, for those who work on the page; in `dev` alone. */
export const PARTS_SCREEN = "parts";
/** What an address shows that names no screen; its item is the path as it was written. */
export const MISSING_SCREEN = "missing";
export type ScreenName = typeof SCREENS[number] | typeof PARTS_SCREEN | typeof MISSING_SCREEN;

export const FILTER_FIELDS = ["source", "channel", "outcome", "category", "code", "user"] as const;
export type FilterField = typeof FILTER_FIELDS[number];
export type Filters = Partial<Record<FilterField, string[]>>;

/** Choices that belong to one screen alone, such as the version of a report; let go with the screen or the item. */
export const OPTIONS = ["version", "against", "by", "months"] as const;
export type OptionName = typeof OPTIONS[number];
export type Options = Readonly<Partial<Record<OptionName, string>>>;

export const RANGE_PRESETS = ["today", "1h", "24h", "7d", "30d", "90d", "1y"] as const;
export type RangePreset = typeof RANGE_PRESETS[number];

export type RangeChoice =
  | { kind: "preset"; preset: RangePreset }
  | { kind: "date"; date: CalendarDate }
  | { kind: "span"; from: number; to: number };

export interface View {
  screen: ScreenName;
  /** The thing the screen is about, such as a date on Days; a place inside of it has more than one segment ("sources/web_form"). */
  item: string | null;
  project: string | null;
  range: RangeChoice;
  filters: Filters;
  /** Free words of the search. */
  words: string;
  sort: string | null;
  /** The open row. */
  open: string | null;
  /** Jobs that this view follows, by what they are for ("report", "verify"), so that a reload goes on following. */
  jobs: Readonly<Record<string, string>>;
  options: Options;
  live: boolean;
}

export const DEFAULT_VIEW: View = {
  screen: "today",
  item: null,
  project: null,
  range: { kind: "preset", preset: "today" },
  filters: {},
  words: "",
  sort: null,
  open: null,
  jobs: {},
  options: {},
  live: true,
};

export function parseView(hash: string): View {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [first = "", ...rest] = path.split("/").filter(Boolean);
  const parameters = new URLSearchParams(query);
  const filters: Filters = {};
  for (const field of FILTER_FIELDS) {
    const values = parameters.getAll(field).filter(Boolean);
    if (values.length > 0) filters[field] = values;
  }
  const screen = first === "" ? "today" : first === PARTS_SCREEN ? first : SCREENS.find((name) => name === first) ?? MISSING_SCREEN;
  const segments = screen === MISSING_SCREEN ? [first, ...rest] : rest;
  return {
    screen,
    item: segments.length > 0 ? segments.map(decode).join("/") : null,
    project: parameters.get("project"),
    range: parseRange(parameters),
    filters,
    words: parameters.get("q") ?? "",
    sort: parameters.get("sort"),
    open: parameters.get("open"),
    jobs: parseJobs(parameters.getAll("job")),
    options: parseOptions(parameters),
    live: parameters.get("live") !== "off",
  };
}

function parseOptions(parameters: URLSearchParams): Options {
  const out: Partial<Record<OptionName, string>> = {};
  for (const name of OPTIONS) {
    const value = parameters.get(name);
    if (value) out[name] = value;
  }
  return out;
}

function parseJobs(values: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const value of values) {
    const [purpose, id] = value.split(":", 2);
    if (purpose && id) out[purpose] = id;
  }
  return out;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function parseRange(parameters: URLSearchParams): RangeChoice {
  const date = parameters.get("date");
  if (date && isDate(date)) return { kind: "date", date };
  const from = Date.parse(parameters.get("from") ?? "");
  const to = Date.parse(parameters.get("to") ?? "");
  if (from < to) return { kind: "span", from, to };
  const preset = RANGE_PRESETS.find((name) => name === parameters.get("range"));
  return { kind: "preset", preset: preset ?? "today" };
}

export function printView(view: View): string {
  const parameters = new URLSearchParams();
  if (view.project) parameters.set("project", view.project);
  switch (view.range.kind) {
    case "preset":
      if (view.range.preset !== "today") parameters.set("range", view.range.preset);
      break;
    case "date":
      parameters.set("date", view.range.date);
      break;
    case "span":
      parameters.set("from", new Date(view.range.from).toISOString());
      parameters.set("to", new Date(view.range.to).toISOString());
  }
  for (const field of FILTER_FIELDS) for (const value of view.filters[field] ?? []) parameters.append(field, value);
  if (view.words) parameters.set("q", view.words);
  if (view.sort) parameters.set("sort", view.sort);
  if (view.open) parameters.set("open", view.open);
  for (const [purpose, id] of Object.entries(view.jobs)) parameters.append("job", `${purpose}:${id}`);
  for (const name of OPTIONS) if (view.options[name]) parameters.set(name, view.options[name] ?? "");
  if (!view.live) parameters.set("live", "off");
  const query = parameters.toString();
  const item = view.item ? view.item.split("/").map(encodeURIComponent).join("/") : null;
  const path = view.screen === MISSING_SCREEN ? item ?? "" : [view.screen, ...(item === null ? [] : [item])].join("/");
  return `#/${path}${query ? `?${query}` : ""}`;
}

/** Another screen, or other filters, of the same project and range: what belongs to one row or one screen is let go. */
export function elsewhere(view: View, change: Partial<View>): View {
  const moved = change.screen !== undefined && change.screen !== view.screen;
  const turned = moved || (change.item !== undefined && change.item !== view.item);
  const base = moved ? { ...view, item: null, open: null, sort: null } : view;
  return { ...base, ...(turned ? { jobs: {}, options: {} } : {}), ...change };
}

/** The segments of the item: `["sources", "web_form"]`. */
export function placeOf(view: View): string[] {
  return view.item === null ? [] : view.item.split("/").filter(Boolean);
}

export function hasFilters(view: View): boolean {
  return view.words !== "" || FILTER_FIELDS.some((field) => (view.filters[field] ?? []).length > 0);
}
