/** The places inside of Settings and System: one screen each, with an address, a name and a key. */
import { View, placeOf } from "../state/view";
import { Exports } from "../screens/exports/Exports";
import { Import } from "../screens/import/Import";
import { Jobs } from "../screens/jobs/Jobs";
import { Limits } from "../screens/limits/Limits";
import { Settings } from "../screens/settings/Settings";
import { Source } from "../screens/sources/Source";
import { Sources } from "../screens/sources/Sources";
import { SystemScreen } from "../screens/system/SystemScreen";
import { Missing } from "./Missing";

export const PLACES: { screen: "settings" | "system"; item: string; name: string; key: string; says: string }[] = [
  { screen: "settings", item: "sources", name: "Sources", key: "o", says: "Where submissions come from" },
  { screen: "settings", item: "limits", name: "Rate limits", key: "l", says: "How often somebody may submit" },
  { screen: "settings", item: "import", name: "Import", key: "i", says: "Bring the rows of a file in" },
  { screen: "settings", item: "exports", name: "Exports", key: "e", says: "Rows of this range as files" },
  { screen: "system", item: "jobs", name: "Jobs", key: "j", says: "What the server works on" },
];

export function SettingsPlace({ view }: { view: View }) {
  const [first, second, third] = placeOf(view);
  switch (first) {
    case "sources": return second ? <Source key={second} source={second} side={third} /> : <Sources />;
    case "limits": return <Limits />;
    case "import": return <Import key={second ?? "new"} jobId={second ?? null} />;
    case "exports": return <Exports />;
    case undefined: return <Settings />;
    default: return <Missing />;
  }
}

export function SystemPlace({ view }: { view: View }) {
  switch (placeOf(view)[0]) {
    case "jobs": return <Jobs />;
    case undefined: return <SystemScreen />;
    default: return <Missing />;
  }
}

/** The place that the view shows, or null when it is the screen itself. */
export function placeShown(view: View) {
  const [first] = placeOf(view);
  return PLACES.find((place) => place.screen === view.screen && place.item === first) ?? null;
}

/** For the window's title: "web_form", "Rate limits", or null for the screen's own name. */
export function placeTitle(view: View): string | null {
  const place = placeShown(view);
  if (!place) return null;
  const [, second] = placeOf(view);
  return place.item === "sources" && second ? second : place.name;
}

/** Exports are of the range and filters in the bar; the other places are about no span of time. */
export const placeHasRange = (view: View): boolean => placeShown(view)?.item === "exports";
