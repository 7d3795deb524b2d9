import { ScreenName } from "../state/view";

/** What the screens are called, in the rail and in the window's title. */
export const NAMES: Record<ScreenName, string> = {
  today: "Today", attempts: "Attempts", days: "Days", trends: "Trends", funnel: "Funnel", failures: "Failures", system: "System", settings: "Settings", parts: "Parts", missing: "Not found",
};
