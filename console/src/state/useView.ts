import { useCallback, useEffect, useSyncExternalStore } from "react";
import { View, elsewhere, parseView, printView } from "./view";

let parsedHash = "";
let parsed: View | null = null;

function current(): View {
  if (parsed === null || parsedHash !== window.location.hash) {
    parsedHash = window.location.hash;
    parsed = parseView(parsedHash);
  }
  return parsed;
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  window.addEventListener("popstate", changed);
  return () => {
    window.removeEventListener("hashchange", changed);
    window.removeEventListener("popstate", changed);
  };
}

export interface Go {
  (change: Partial<View>, how?: { replace?: boolean }): void;
}

/** Changes the view. A step that back should undo is a new history entry; typing and moving a selection replace. */
export const go: Go = (change, how) => {
  const hash = printView(elsewhere(current(), change));
  if (hash === window.location.hash) return;
  if (how?.replace) window.history.replaceState(null, "", hash);
  else window.history.pushState(null, "", hash);
  window.dispatchEvent(new PopStateEvent("popstate"));
};

/** The address of this view, or of another one, as others need it: with the project, which may be another one in their browser. */
export function addressOf({ project }: { project: { project_id: string } }, change: Partial<View> = {}): string {
  return window.location.href.replace(/#.*$/, "") + printView(elsewhere({ ...current(), project: project.project_id }, change));
}

export function useView(): View {
  return useSyncExternalStore(subscribe, current);
}

/** Addresses for links, so that they can be opened in a new tab and copied. */
export function useHref(): (change: Partial<View>) => string {
  const view = useView();
  return useCallback((change) => printView(elsewhere(view, change)), [view]);
}

/** A page that is opened begins at its top. */
export function useTop(): void {
  // In braces: newer browsers return a promise, which is no clean-up.
  useEffect(() => {
    window.scrollTo(0, 0);
  }, []);
}
