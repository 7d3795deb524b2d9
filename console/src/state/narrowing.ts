/**
 * Which filters the numbers of a screen follow. A filter that nothing on the screen follows stays in the address and is struck
 * through in the bar; a panel that follows fewer than its screen says so beside its title.
 */
import { FILTER_FIELDS, FilterField, ScreenName, View } from "./view";

export type Narrowing = FilterField | "words";

/** Screens that are about a time or its days, and so show the filters that are set. */
const FOLLOWED: Partial<Record<ScreenName, readonly Narrowing[]>> = {
  attempts: [...FILTER_FIELDS, "words"], today: FILTER_FIELDS, failures: FILTER_FIELDS, funnel: FILTER_FIELDS, trends: ["source", "channel"], days: [],
};

/** The filters that are set, in the order of the bar. */
export function filtersSet(view: View): Narrowing[] {
  return [...FILTER_FIELDS.filter((field) => (view.filters[field] ?? []).length > 0), ...(view.words === "" ? [] : ["words" as const])];
}

/** Whether any number on the screen follows the filter. Places inside of another screen (exports) say it themselves. */
export function followed(view: View, field: Narrowing): boolean {
  // Days count sources and channels, not pairs of them.
  if (view.screen === "trends" && field === "channel" && (view.filters.source ?? []).length > 0) return false;
  return FOLLOWED[view.screen]?.includes(field) ?? true;
}

/** What trends are narrowed by: sources, else channels. */
export interface TrendsNarrowing {
  field: "source" | "channel";
  values: readonly string[];
}

export function trendsNarrowing(view: View): TrendsNarrowing {
  const { source = [], channel = [] } = view.filters;
  return source.length > 0 || channel.length === 0 ? { field: "source", values: source } : { field: "channel", values: channel };
}

export function showsFilters(view: View): boolean {
  return FOLLOWED[view.screen] !== undefined;
}

const NAMES: Partial<Record<Narrowing, string>> = { words: "the words" };

/** "not narrowed by channel and code": the filters that the screen follows and this panel does not; null when it follows all. */
export function notNarrowedBy(view: View, follows: readonly string[]): string | null {
  const ignored = filtersSet(view).filter((field) => followed(view, field) && !follows.includes(field)).map((field) => NAMES[field] ?? field);
  if (ignored.length === 0) return null;
  const last = ignored[ignored.length - 1] ?? "";
  return `not narrowed by ${ignored.length === 1 ? last : `${ignored.slice(0, -1).join(", ")} and ${last}`}`;
}

/** Whether a filter is set that every screen about a time follows. */
export function narrowed(view: View): boolean {
  return FILTER_FIELDS.some((field) => (view.filters[field] ?? []).length > 0);
}
