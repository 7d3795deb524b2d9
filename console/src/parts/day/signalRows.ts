import type { DaySignal, Rows } from "../../api/days";

/** The rows of a signal. Failures of submissions are failed attempts, although they are counted as events; other events have no rows in the log. */
export function signalRows(signal: DaySignal): Rows | null {
  if (signal.rows !== null) return signal.rows;
  return signal.id === "event_failures:lead.submission" ? { filter: { outcome: "failure" }, count: null } : null;
}
