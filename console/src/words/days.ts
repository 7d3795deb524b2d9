/** What is to be said about a day and its report. */
import type { Day } from "../api/days";
import { counted, percent } from "./numbers";

/** A day or week with fewer attempts than this is no candidate for the worst: chance says more about it than its share. */
export const WORST_ATTEMPTS_MIN = 20;

const REPORT_WORDS: Record<string, string> = { succeeded: "by a model", fallback: "by rules", running: "being written", queued: "waiting", failed: "failed" };

export function reportWords(status: string | null): string | null {
  return status === null || status === "none" ? null : REPORT_WORDS[status] ?? status.replace(/_/g, " ");
}

export function reportIsByModel(status: string): boolean {
  return status === "succeeded";
}

/** "1,024 attempts, 11 % failed. Sealed, checked. Report by rules. 3 late rows. Books off." */
export function dayLine(day: Day): string {
  const share = day.failure_share === null ? "none to judge" : `${percent(day.failure_share)} failed`;
  const state = day.state !== "closed" ? "Open" : `${day.sealed ? "Sealed" : "Closed"}${{ passed: ", checked", failed: ", check failed", never: "" }[day.verified.status]}`;
  const report = reportWords(day.report_status);
  return [
    day.attempts === 0 ? "No attempts" : `${counted(day.attempts, "attempt")}, ${share}`,
    state,
    report === null ? "No report" : `Report ${report}`,
    ...(day.late > 0 ? [counted(day.late, "late row")] : []),
    ...(day.balanced === false ? ["Books off"] : []),
  ].join(". ") + ".";
}
