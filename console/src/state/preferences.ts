/** What a person chose once and keeps: theme, density, table columns. In localStorage; without it, for this page. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

export interface Preferences {
  theme: Theme;
  density: Density;
  /** Hidden columns by table. */
  hidden: Record<string, string[]>;
}

const STORAGE_KEY = "daybook.preferences";
const initial: Preferences = { theme: "system", density: "comfortable", hidden: {} };
const listeners = new Set<() => void>();
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

let preferences = load();

function load(): Preferences {
  try {
    const found = JSON.parse(window.localStorage.getItem(STORAGE_KEY) ?? "{}") as Partial<Preferences>;
    return {
      theme: found.theme === "light" || found.theme === "dark" ? found.theme : "system",
      density: found.density === "compact" ? "compact" : "comfortable",
      hidden: typeof found.hidden === "object" && found.hidden !== null ? found.hidden : {},
    };
  } catch {
    return initial;
  }
}

/** Puts theme and density on the root element, where the design tokens look for them. */
function apply(): void {
  const root = document.documentElement;
  const dark = preferences.theme === "dark" || (preferences.theme === "system" && systemDark.matches);
  root.dataset["theme"] = dark ? "dark" : "light";
  root.dataset["density"] = preferences.density;
}

export function startPreferences(): void {
  apply();
  systemDark.addEventListener("change", apply);
}

export function prefer(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change };
  try {
    window.localStorage.setItem(STORAGE_KEY, JSON.stringify(preferences));
  } catch {
    // Kept for this page only.
  }
  apply();
  for (const listener of [...listeners]) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => preferences,
  );
}
