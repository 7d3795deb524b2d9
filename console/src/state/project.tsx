import { ReactNode, createContext, useContext, useMemo } from "react";
import { Project, Session } from "../api/accounts";
import { dateOf, knownZone } from "../words/times";
import { useNow } from "./now";
import { Span, rangeParameters, spanOf } from "./range";
import { FILTER_FIELDS, Filters, View } from "./view";
import { useView } from "./useView";

/** What every screen needs: the project, its zone, the span of time, and the filters as parameters. */
export interface Scope {
  session: Session;
  project: Project;
  zone: string;
  view: View;
  span: Span;
  today: string;
  /** Whether panels keep themselves up to date: the switch is on, and the span reaches into the present. */
  live: boolean;
}

const ScopeContext = createContext<Scope | null>(null);

export function ScopeProvider(props: { session: Session; project: Project; children: ReactNode }) {
  const { session, project, children } = props;
  const view = useView();
  const now = useNow(60_000);
  const scope = useMemo<Scope>(() => {
    const zone = knownZone(project.time_zone);
    const span = spanOf(view.range, zone, now);
    return { session, project, zone, view, span, today: dateOf(now, zone), live: view.live && span.to > now };
  }, [session, project, view, now]);
  return <ScopeContext.Provider value={scope}>{children}</ScopeContext.Provider>;
}

export function useScope(): Scope {
  const scope = useContext(ScopeContext);
  if (!scope) throw new Error("useScope outside of ScopeProvider");
  return scope;
}

/** The filters under their names in the query API. */
export function filterParameters(filters: Filters): Record<string, string[] | undefined> {
  return {
    source: filters.source,
    channel: filters.channel,
    outcome: filters.outcome,
    error_category: filters.category,
    error_code: filters.code,
    user_id: filters.user,
  };
}

/** Project, range and filters: the common parameters of the query API. */
export function queryParameters(scope: Scope): Record<string, string | string[] | undefined> {
  return { project_id: scope.project.project_id, ...rangeParameters(scope.span), ...filterParameters(scope.view.filters) };
}

/** A stable text of everything that changes the answer, for cache keys. */
export function scopeKey(scope: Scope): string {
  const { view, span, project } = scope;
  const filters = FILTER_FIELDS.map((field) => (view.filters[field] ?? []).join(",")).join("|");
  const rolling = view.range.kind === "preset" && view.range.preset !== "today";
  const range = rolling && view.range.kind === "preset" ? view.range.preset : `${span.from}-${span.to}`;
  return `${project.project_id}|${range}|${filters}`;
}
