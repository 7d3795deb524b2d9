import { ReactNode, useState } from "react";
import { copyText } from "../parts/Copy";
import { Icon, Mark } from "../parts/Icon";
import { useActions } from "../state/actions";
import { KeyCommand, useKeys } from "../state/keyboard";
import { useKeptFocus } from "../state/keptFocus";
import { useNow } from "../state/now";
import { prefer, usePreferences } from "../state/preferences";
import { useScope } from "../state/project";
import { shifted } from "../state/range";
import { focusSearch } from "../state/searchFocus";
import { addressOf, go, useHref } from "../state/useView";
import { ActionMenu } from "./ActionMenu";
import { KeyHelp } from "./KeyHelp";
import { ScopeBar } from "./ScopeBar";
import { TopBar } from "./TopBar";
import { PLACES } from "./places";
import { GO_KEYS, ICONS, NAMES, SCREENS } from "./screens";

/** What is around every screen: the rail, the bars, the keyboard. */
export function Frame({ children }: { children: ReactNode }) {
  const [help, showHelp] = useState(false);
  const [acting, showActions] = useState(false);
  const scope = useScope();
  const { view, zone } = scope;
  const now = useNow(60_000);
  const { density } = usePreferences();
  const shift = (by: -1 | 1) => {
    const range = shifted(view.range, by, zone, now);
    if (range) go({ range, open: null });
  };
  const commands: KeyCommand[] = [
    ...SCREENS.map((screen): KeyCommand => ({
      keys: `g ${GO_KEYS[screen]}`, says: NAMES[screen], group: "Go to", run: () => go({ screen, item: null, open: null }),
    })),
    ...PLACES.map((place): KeyCommand => ({ keys: `g ${place.key}`, says: place.name, group: "Go to", run: () => go({ screen: place.screen, item: place.item, open: null }) })),
    { keys: "/", says: "Search attempts", group: "Everywhere", run: search },
    { keys: "[", says: "Previous period", group: "Everywhere", run: () => shift(-1) },
    { keys: "]", says: "Next period", group: "Everywhere", run: () => shift(1) },
    { keys: "l", says: "Live on or off", group: "Everywhere", run: () => go({ live: !view.live }, { replace: true }) },
    { keys: "c", says: "Comfortable or compact rows", group: "Everywhere", run: () => prefer({ density: density === "compact" ? "comfortable" : "compact" }) },
    { keys: ".", says: "Actions", group: "Everywhere", run: () => showActions(true) },
    { keys: "?", says: "All of these", group: "Everywhere", run: () => showHelp(true) },
  ];
  useKeys(commands);
  useKeptFocus();
  useActions([
    { says: "Copy the address of this view", everywhere: true, run: () => { copyText(addressOf(scope)).catch(() => undefined); } },
    { says: "Print this view", everywhere: true, run: () => window.print() },
    { says: "All keyboard commands", everywhere: true, run: () => showHelp(true) },
  ]);
  return (
    <div className="frame">
      <a className="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById("content")?.focus(); }}>Skip to the content</a>
      <Rail />
      <div className="frame-main">
        <TopBar onHelp={() => showHelp(true)} />
        <ScopeBar />
        <main id="content" className={`content content-${view.screen}`} tabIndex={-1}>{children}</main>
      </div>
      {acting && <ActionMenu onClose={() => showActions(false)} />}
      {help && <KeyHelp onClose={() => showHelp(false)} />}
    </div>
  );
}

/** Puts the cursor in the search box; on another screen, opens Attempts first. */
function search(): void {
  if (focusSearch()) return;
  go({ screen: "attempts", item: null, open: null });
}

function Rail() {
  const { view } = useScope();
  const href = useHref();
  return (
    <nav className="rail" aria-label="Screens">
      <a className="rail-brand" href={href({ screen: "today", item: null, open: null })}><Mark size={22} /><span>Daybook</span></a>
      <ul>
        {SCREENS.map((screen) => (
          <li key={screen} className={`rail-${screen}`}>
            <a href={href({ screen, item: null, open: null })} aria-current={view.screen === screen ? "page" : undefined} title={`${NAMES[screen]} (g ${GO_KEYS[screen]})`}>
              <Icon name={ICONS[screen]} /><span>{NAMES[screen]}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
