import { useEffect, useRef } from "react";
import { useHref } from "../state/useView";
import { useScope } from "../state/project";
import { placeOf } from "../state/view";
import "./subnav.css";

export interface SubPlace {
  /** The view's item; null is the screen itself. */
  item: string | null;
  name: string;
  /** Whether the present place lies inside of this one. */
  here: boolean;
}

/** The places inside of a screen, or the sides of one thing: links in a row, so that each has an address. */
export function SubNav({ label, places }: { label: string; places: readonly SubPlace[] }) {
  const href = useHref();
  const { view } = useScope();
  const row = useRef<HTMLElement>(null);
  const here = places.find((place) => place.here)?.name;
  // On a narrow screen the row scrolls: where one is stays in sight.
  useEffect(() => {
    const shown = row.current?.querySelector<HTMLElement>("[aria-current]");
    if (row.current && shown) row.current.scrollLeft = shown.offsetLeft - row.current.offsetLeft - 24;
  }, [here]);
  return (
    <nav className="sub-nav" aria-label={label} ref={row}>
      <ul>
        {places.map((place) => (
          <li key={place.name}><a href={href({ screen: view.screen, item: place.item, open: null, sort: null })} aria-current={place.here ? "page" : undefined}>{place.name}</a></li>
        ))}
      </ul>
    </nav>
  );
}

/** The places of Settings. */
export function SettingsNav() {
  const { view } = useScope();
  const [first = ""] = placeOf(view);
  return (
    <SubNav label="Settings" places={[
      { item: null, name: "Project and keys", here: first === "" },
      { item: "sources", name: "Sources", here: first === "sources" },
      { item: "limits", name: "Rate limits", here: first === "limits" },
      { item: "import", name: "Import", here: first === "import" },
      { item: "exports", name: "Exports", here: first === "exports" },
    ]} />
  );
}

/** The places of System. */
export function SystemNav() {
  const { view } = useScope();
  const [first = ""] = placeOf(view);
  return <SubNav label="System" places={[{ item: null, name: "Health", here: first === "" }, { item: "jobs", name: "Jobs", here: first === "jobs" }]} />;
}
