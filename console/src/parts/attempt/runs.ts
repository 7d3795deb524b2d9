/** A timeline's attempts by day, with runs of the same failure folded. Pure. */
import type { Attempt } from "../../api/attempts";
import { CalendarDate, dateOf } from "../../words/times";

export type Entry =
  | { kind: "row"; row: Attempt; before: Attempt | null }
  | { kind: "run"; rows: Attempt[]; before: Attempt | null };

export interface TimelineDay {
  date: CalendarDate;
  entries: Entry[];
}

/** From so many on, the same failure again says no more than their number does. */
const RUN_MIN = 4;

/** In the order of time; `here` stands for itself, and no run goes over midnight. */
export function daysOfTimeline(rows: readonly Attempt[], here: string, zone: string): TimelineDay[] {
  const sorted = [...rows].sort((one, other) => one.received_at - other.received_at || one.sequence - other.sequence);
  const days: { date: CalendarDate; runs: Attempt[][] }[] = [];
  for (const row of sorted) {
    const date = dateOf(row.received_at, zone);
    let day = days[days.length - 1];
    if (day?.date !== date) days.push((day = { date, runs: [] }));
    const run = day.runs[day.runs.length - 1];
    if (run?.[0] && isSame(run[0], row) && row.attempt_id !== here && run[0].attempt_id !== here) run.push(row);
    else day.runs.push([row]);
  }
  let before: Attempt | null = null;
  const entry = (make: Entry, last: Attempt): Entry => {
    before = last;
    return make;
  };
  return days.map(({ date, runs }) => ({
    date,
    entries: runs.flatMap((run) => run.length >= RUN_MIN ? [entry({ kind: "run", rows: run, before }, run[run.length - 1] ?? (run[0] as Attempt))] : run.map((row) => entry({ kind: "row", row, before }, row))),
  }));
}

function isSame(one: Attempt, other: Attempt): boolean {
  return one.failure_code !== null && one.failure_code === other.failure_code && one.source === other.source;
}
