import { useState } from "react";
import type { Day } from "../../api/days";
import { CalendarHeat, FailureKey } from "../../charts/CalendarHeat";
import { Bar } from "../../charts/Sparkline";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Flag } from "../../parts/Outcome";
import { Panel } from "../../parts/Panel";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { daysOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { counted, exact, percent, short } from "../../words/numbers";
import { addDays, dayWords, daysBetween } from "../../words/times";
import "./days.css";

const WEEKS_MAX = 26;
const WEEKS_MIN = 12;

/** Which days need a look? */
export function Days() {
  const scope = useScope();
  const href = useHref();
  const days = useAnswer(daysOf(scope, addDays(scope.today, -7 * WEEKS_MAX)), scope.view.live);
  const list = days.data ?? [];
  const [selected, select] = useState<string | null>(null);
  const move = (by: number) => {
    const here = list.findIndex((day) => day.date === selected);
    const next = list[here < 0 ? 0 : Math.min(list.length - 1, Math.max(0, here + by))];
    if (!next) return;
    select(next.date);
    document.querySelector(`[data-row="${next.date}"]`)?.scrollIntoView({ block: "nearest" });
  };
  useKeys([
    { keys: "j", says: "Next row", group: "On this screen", run: () => move(1) },
    { keys: "k", says: "Previous row", group: "On this screen", run: () => move(-1) },
    { keys: "Enter", says: "Open the day", group: "On this screen", run: () => selected && go({ item: selected }) },
  ]);
  const link = (date: string) => href({ screen: "days", item: date, open: null });
  const empty = <Empty title="No day has begun"><p>A day begins with its first attempt. When its date has passed in {scope.zone}, it is closed: summarised, sealed, and never rewritten.</p></Empty>;
  return (
    <>
      <h1>Days</h1>
      {days.data && list.length > 0 && <Sentence days={list} />}
      <div className="stack screen-stack">
        <Panel title="Share of attempts that failed" resource={days} skeleton={<span className="bone calendar-bone" />} isEmpty={(data) => data.length === 0} empty={empty}>
          {(data) => <><CalendarHeat days={data} today={scope.today} weeks={weeksOf(data, scope.today)} hrefOf={link} /><FailureKey /></>}
        </Panel>
        <Panel title="All days" note="newest first" resource={days} skeleton={<TableBones rows={10} />} isEmpty={(data) => data.length === 0} empty={empty}>
          {(data) => (
            <table className="table rows days-table">
              <thead><tr><th scope="col">Day</th><th scope="col">State</th><th scope="col" className="right">Attempts</th><th scope="col" className="right">Leads</th><th scope="col" className="right days-wide">Failures</th><th scope="col" className="right">Failed</th><th scope="col" className="days-bar days-wide"><span className="unseen">Share that failed</span></th><th scope="col" className="days-wide">Books</th><th scope="col" className="days-wide">Report</th></tr></thead>
              <tbody>{data.map((day) => <Row key={day.date} day={day} today={scope.today} href={link(day.date)} selected={day.date === selected} />)}</tbody>
            </table>
          )}
        </Panel>
      </div>
    </>
  );
}

/** As many weeks as there are days for, within bounds. */
function weeksOf(days: readonly Day[], today: string): number {
  const first = days[days.length - 1]?.date ?? today;
  return Math.min(WEEKS_MAX, Math.max(WEEKS_MIN, Math.ceil(daysBetween(first, today) / 7) + 1));
}

const REPORT_WORDS: Record<string, string> = { succeeded: "by a model", fallback: "by rules", running: "being written", queued: "waiting", failed: "failed" };

function reportWords(status: string | null): string | null {
  return status === null || status === "none" ? null : REPORT_WORDS[status] ?? status.replace(/_/g, " ");
}

function Sentence({ days }: { days: readonly Day[] }) {
  const { today } = useScope();
  const href = useHref();
  const closed = days.filter((day) => day.state === "closed");
  const unbalanced = days.filter((day) => day.balanced === false);
  const worst = [...closed].filter((day) => day.attempts >= 10).sort((one, other) => (other.failure_share ?? 0) - (one.failure_share ?? 0))[0];
  const day = (date: string) => <a href={href({ screen: "days", item: date, open: null })}>{dayWords(date, today)}</a>;
  return (
    <p className="sentence">
      {counted(closed.length, "closed day")}, {closed.every((one) => one.sealed) ? "all sealed" : `${closed.filter((one) => one.sealed).length} sealed`}.{" "}
      {unbalanced[0] ? <span className="bad">The books of {day(unbalanced[0].date)} do not balance.</span> : "All books balance."}{" "}
      {worst && worst.failure_share !== null && worst.failure_share > 0 && <>The worst day was {day(worst.date)}: {percent(worst.failure_share)} failed.</>}
    </p>
  );
}

function Row({ day, today, href, selected }: { day: Day; today: string; href: string; selected: boolean }) {
  return (
    <tr data-row={day.date} aria-current={selected ? "true" : undefined} onClick={(event) => { if (!event.defaultPrevented) go({ item: day.date }); }}>
      <td><a className="row-link" href={href} onClick={(event) => event.stopPropagation()}>{dayWords(day.date, today)}</a></td>
      <td>{day.state === "closed" ? <span className="mark-plain"><Icon name="lock" size={14} />{day.sealed ? "Sealed" : "Closed"}</span> : <span className="mark-good"><Icon name="clock" size={14} />Open</span>}</td>
      <td className="right number" title={exact(day.attempts)}>{short(day.attempts)}</td>
      <td className="right number">{short(day.leads)}</td>
      <td className="right number days-wide">{short(day.failures)}</td>
      <td className="right number">{day.failure_share === null ? "\u2013" : percent(day.failure_share)}</td>
      <td className="days-bar days-wide"><Bar share={day.failure_share ?? 0} tone="bad" /></td>
      <td className="days-wide"><Flag good={day.balanced} yes="Balance" no="Off" /></td>
      <td className="days-wide quiet">{reportWords(day.report_status) ?? <span className="quieter">none</span>}</td>
    </tr>
  );
}
