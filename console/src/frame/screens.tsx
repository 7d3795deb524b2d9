import type { IconName } from "../parts/Icon";
import { useScope } from "../state/project";
import { SCREENS } from "../state/view";
import { AttemptScreen } from "../screens/attempt/Attempt";
import { Attempts } from "../screens/attempts/Attempts";
import { Day } from "../screens/day/Day";
import { Days } from "../screens/days/Days";
import { FailuresScreen } from "../screens/failures/FailuresScreen";
import { FunnelScreen } from "../screens/funnel/FunnelScreen";
import { Parts } from "../screens/parts/Parts";
import { Trends } from "../screens/trends/Trends";
import { Today } from "../screens/today/Today";
import { Missing } from "./Missing";
import { NAMES } from "./names";
import { SettingsPlace, SystemPlace } from "./places";

export const ICONS: Record<typeof SCREENS[number], IconName> = {
  today: "today", attempts: "attempts", days: "days", trends: "trends", funnel: "funnel", failures: "failures", system: "system", settings: "settings",
};

/** The second key after `g`. */
export const GO_KEYS: Record<typeof SCREENS[number], string> = {
  today: "t", attempts: "a", days: "d", trends: "r", funnel: "u", failures: "f", system: "s", settings: ",",
};

export { NAMES, SCREENS };

export function Screen() {
  const { view, session } = useScope();
  switch (view.screen) {
    case "today": return <Today />;
    case "attempts": return view.item ? <AttemptScreen key={view.item} attemptId={view.item} /> : <Attempts />;
    case "days": return view.item ? <Day key={view.item} date={view.item} /> : <Days />;
    case "trends": return <Trends />;
    case "funnel": return <FunnelScreen />;
    case "failures": return <FailuresScreen />;
    case "system": return <SystemPlace view={view} />;
    case "settings": return <SettingsPlace view={view} />;
    case "parts": return session.environment === "dev" ? <Parts /> : <Missing />;
    case "missing": return <Missing />;
  }
}
