import { ReactNode, useState } from "react";
import { Day, Verified, freshened } from "../../api/days";
import { CalendarHeat, FailureKey } from "../../charts/CalendarHeat";
import { Bar } from "../../charts/Sparkline";
import { NothingYet } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Flag } from "../../parts/Outcome";
import { Panel } from "../../parts/Panel";
import { RowsLink } from "../../parts/RowsLink";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { dayOf, daysOf } from "../../state/questions";
import { focusRow, useRowKeys } from "../../state/rowKeys";
import { useAnswer } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { WORST_ATTEMPTS_MIN, reportWords } from "../../words/days";
import { counted, exact, percent, short } from "../../words/numbers";
import { addDays, dayWords, daysBetween, weekday } from "../../words/times";
import "./days.css";

const WEEKS_MAX = 53;
/** Up to so many weeks, what to look at has room beside the calendar. */
const WEEKS_BESIDE = 20;
const SHOWN = 3;

/** Which days need a look? */
export function Days() {
  const scope = useScope();
  const href = useHref();
  const days = useAnswer(daysOf(scope, addDays(scope.today, -7 * WEEKS_MAX)), scope.view.live);
  // The list keeps what an open day had a while ago; the day itself is counted when it is asked for.
  const goesOn = days.data?.find((day) => day.state !== "closed" && day.date === scope.today);
  const open = useAnswer(goesOn ? dayOf(scope, goesOn.date) : null, scope.view.live).data;
  const fresh = (day: Day) => (open && open.date === day.date && open.state !== "closed" ? freshened(day, open) : day);
  const list = (days.data ?? []).map(fresh);
  useRowKeys(".days-table", "Open the day");
  useKeys([
    { keys: "[", says: "Yesterday", group: "On this screen", run: () => go({ item: addDays(scope.today, -1) }) },
    { keys: "]", says: "Today", group: "On this screen", run: () => go({ item: scope.today }) },
  ]);
  const link = (date: string) => href({ screen: "days", item: date, open: null });
  // The open day is always there, also in a project that has received nothing.
  const none = (data: readonly Day[]) => data.every((day) => day.attempts === 0);
  return (
    <>
      <h1>Days</h1>
      {days.data && !none(list) && <Sentence days={list} />}
      <div className="stack screen-stack">
        <Panel title="Share of attempts that failed" resource={days} skeleton={<span className="bone calendar-bone" />} isEmpty={(data) => none(data.map(fresh))} empty={<NothingYet title="No day has begun"><p>A day begins with its first attempt. When its date has passed in {scope.zone}, it is closed: summarised, sealed, and never rewritten.</p></NothingYet>}>
          {(data) => {
            const weeks = weeksOf(data, scope.today);
            return (
              <>
                <div className={weeks <= WEEKS_BESIDE ? "days-beside" : "days-below"}>
                  <CalendarHeat days={data.map(fresh)} today={scope.today} weeks={weeks} hrefOf={link} />
                  <ToLookAt days={data} hrefOf={link} />
                </div>
                <FailureKey />
              </>
            );
          }}
        </Panel>
        {!(days.data && none(list)) && <Panel title="All days" note="newest first" resource={days} skeleton={<TableBones rows={10} />}>
          {(data) => (
            <table className="table rows days-table">
              <thead><tr><th scope="col">Day</th><th scope="col">State</th><th scope="col" className="days-wide">Checked</th><th scope="col" className="right">Attempts</th><th scope="col" className="right">Leads</th><th scope="col" className="right days-wider">People</th><th scope="col" className="right days-wide">Failures</th><th scope="col" className="right">Failed</th><th scope="col" className="days-bar days-wider"><span className="unseen">Share that failed</span></th><th scope="col" className="days-wide">Books</th><th scope="col" className="right days-wide">Late</th><th scope="col" className="days-wide">Report</th></tr></thead>
              <tbody>{data.map(fresh).map((day) => <Row key={day.date} day={day} asOf={open?.date === day.date ? open.refreshed_at : null} today={scope.today} href={link(day.date)} />)}</tbody>
            </table>
          )}
        </Panel>}
      </div>
    </>
  );
}

/** The days that call for a look: the worst, those with late rows, those that nobody checked. */
function ToLookAt({ days, hrefOf }: { days: readonly Day[]; hrefOf: (date: string) => string }) {
  const { today } = useScope();
  const [all, showAll] = useState<string | null>(null);
  const closed = days.filter((day) => day.state === "closed");
  const group = (name: string, found: readonly Day[], told: (day: Day) => ReactNode, none: string) => (
    <div>
      <h3>{name}</h3>
      {found.length === 0 ? <p className="quieter">{none}</p> : (
        <ul>
          {found.slice(0, all === name ? undefined : SHOWN).map((day) => <li key={day.date}><a href={hrefOf(day.date)}>{dayWords(day.date, today)}</a> <span className="number quiet">{told(day)}</span></li>)}
          {found.length > SHOWN && all !== name && <li><button type="button" className="button button-plain button-small" onClick={() => showAll(name)}>and {exact(found.length - SHOWN)} more</button></li>}
        </ul>
      )}
    </div>
  );
  const worst = closed.filter((day) => day.attempts >= WORST_ATTEMPTS_MIN && (day.failure_share ?? 0) > 0).sort((one, other) => (other.failure_share ?? 0) - (one.failure_share ?? 0)).slice(0, SHOWN);
  return (
    <div className="days-look">
      {group("Worst", worst, (day) => <>{percent(day.failure_share ?? 0)} failed</>, "No closed day has failures.")}
      {group("Late rows", days.filter((day) => day.late > 0), (day) => exact(day.late), "None came late.")}
      {group("Never checked", closed.filter((day) => day.verified.status === "never"), () => null, closed.length === 0 ? "No day is closed yet." : "Every closed day was checked.")}
    </div>
  );
}

/** From the week of the first day on, within bounds. */
function weeksOf(days: readonly Day[], today: string): number {
  const first = days[days.length - 1]?.date ?? today;
  return Math.min(WEEKS_MAX, Math.floor((daysBetween(first, today) + weekday(first)) / 7) + 1);
}

function Sentence({ days }: { days: readonly Day[] }) {
  const { today } = useScope();
  const href = useHref();
  const closed = days.filter((day) => day.state === "closed");
  const unbalanced = days.filter((day) => day.balanced === false);
  const broken = days.filter((day) => day.verified.status === "failed");
  const late = days.filter((day) => day.late > 0);
  const worst = [...closed].filter((day) => day.attempts >= WORST_ATTEMPTS_MIN).sort((one, other) => (other.failure_share ?? 0) - (one.failure_share ?? 0))[0];
  const day = (date: string) => <a href={href({ screen: "days", item: date, open: null })}>{dayWords(date, today)}</a>;
  return (
    <p className="sentence">
      {closed.length === 0 ? "No day is closed yet." : <>{counted(closed.length, "closed day")}, {closed.every((one) => one.sealed) ? "all sealed" : `${closed.filter((one) => one.sealed).length} sealed`}.</>}{" "}
      {broken[0] && <><span className="bad">The check of {day(broken[0].date)} failed{broken.length > 1 && `, and of ${broken.length - 1} more`}.</span>{" "}</>}
      {unbalanced[0] ? <span className="bad">The books of {day(unbalanced[0].date)} do not balance{unbalanced.length > 1 && `, nor those of ${unbalanced.length - 1} more`}.</span> : closed.length > 0 && "All books balance."}{" "}
      {worst && worst.failure_share !== null && worst.failure_share > 0 && <>The worst day was {day(worst.date)}: {percent(worst.failure_share)} failed.{" "}</>}
      {late[0] && <>{late.length === 1 ? <>{day(late[0].date)} has late rows.</> : <>{late.length} days have late rows.</>}</>}
    </p>
  );
}

function Row({ day, asOf, today, href }: { day: Day; asOf: number | null; today: string; href: string }) {
  return (
    <tr data-row={day.date} onClick={(event) => {
      if (event.defaultPrevented || (event.target as Element).closest("a")) return;
      focusRow(event.currentTarget);
      go({ item: day.date });
    }}>
      <td className="nowrap"><a className="row-link" href={href}>{dayWords(day.date, today)}</a></td>
      <td>{day.state === "closed" ? <span className="mark-plain"><Icon name="lock" size={14} />{day.sealed ? "Sealed" : "Closed"}</span> : <span className="mark-good"><Icon name="clock" size={14} />Open</span>}{day.state !== "closed" && asOf !== null && <span className="quieter days-as-of"> as of <Moment at={asOf} /></span>}</td>
      <td className="days-wide">{day.state === "closed" ? <Checked verified={day.verified} /> : <span className="quieter">{"\u2013"}</span>}</td>
      <td className="right number"><RowsLink date={day.date} title={exact(day.attempts)}>{short(day.attempts)}</RowsLink></td>
      <td className="right number"><RowsLink date={day.date} filter={{ outcome: "success" }}>{short(day.leads)}</RowsLink></td>
      <td className="right number quiet days-wider">{day.users === null ? "\u2013" : short(day.users)}</td>
      <td className="right number days-wide"><RowsLink date={day.date} filter={{ outcome: "failure" }}>{short(day.failures)}</RowsLink></td>
      <td className="right number">{day.failure_share === null ? "\u2013" : percent(day.failure_share)}</td>
      <td className="days-bar days-wider"><Bar share={day.failure_share ?? 0} tone="bad" /></td>
      <td className="days-wide"><Flag good={day.balanced} yes="Balance" no="Off" /></td>
      <td className="right number days-wide">{day.late > 0 ? <span className="warn">{exact(day.late)}</span> : <span className="quieter">0</span>}</td>
      <td className="days-wide quiet nowrap">{reportWords(day.report_status) ?? <span className="quieter">none</span>}</td>
    </tr>
  );
}

function Checked({ verified }: { verified: Verified }) {
  if (verified.status === "never") return <span className="quieter">never</span>;
  const passed = verified.status === "passed";
  return <span className={passed ? "mark-good" : "mark-bad"}><Icon name={passed ? "check" : "warning"} size={14} />{verified.at === null ? (passed ? "passed" : "failed") : <>{!passed && "failed "}<Moment at={verified.at} /></>}</span>;
}
