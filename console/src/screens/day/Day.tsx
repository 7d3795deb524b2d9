import type { Books, DayInFull } from "../../api/days";
import { Sparkline } from "../../charts/Sparkline";
import { BooksEquation } from "../../parts/BooksEquation";
import { Against } from "../../parts/day/Against";
import { LateLane } from "../../parts/day/LateLane";
import { NoSignals, Signals } from "../../parts/day/Signals";
import { Empty, simulateCommand } from "../../parts/Empty";
import { Figure, FigureBones } from "../../parts/Figure";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Dated, Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { RowsLink } from "../../parts/RowsLink";
import { rowsOf } from "../../state/rows";
import { useActions } from "../../state/actions";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { booksOf, dayOf } from "../../state/questions";
import { Resource, useAnswer } from "../../state/useAnswer";
import { go, useHref, useTop } from "../../state/useView";
import { change, counted, exact, percent, points, short } from "../../words/numbers";
import { addDays, isDate, longDay } from "../../words/times";
import { Concentration, FailureTable, GroupTable, Hours } from "./Breakdown";
import { ReportPanel } from "./ReportPanel";
import { SealPanel } from "./SealPanel";
import { SnapshotTables } from "./SnapshotTables";
import { Snapshot, readSnapshot } from "./snapshot";
import "./day.css";

/** What happened, is it unusual, and does it still hold? */
export function Day({ date }: { date: string }) {
  const scope = useScope();
  const href = useHref();
  const valid = isDate(date);
  const toCome = valid && date > scope.today;
  const open = valid && date >= scope.today;
  const day = useAnswer(valid && !toCome ? dayOf(scope, date) : null, scope.view.live && open);
  const books = useAnswer(valid && !toCome ? booksOf(scope, date) : null, scope.view.live && open);
  const before = addDays(valid ? date : scope.today, -1);
  const after = addDays(valid ? date : scope.today, 1);
  useActions(valid && !toCome ? [{ says: "Open the attempts of this day", run: () => go(rowsOf({}, date)) }] : []);
  useTop();
  useKeys([
    { keys: "[", says: "The day before", group: "On this screen", run: () => go({ item: before }) },
    { keys: "]", says: "The day after", group: "On this screen", run: () => after <= scope.today && go({ item: after }) },
    { keys: "Escape", says: "All days", group: "On this screen", run: () => go({ item: null }) },
  ]);
  if (!valid) return <Empty title={`${date} is not a date`}><p>Days are written YYYY-MM-DD.</p><a href={href({ item: null })}>All days</a></Empty>;
  if (toCome) return <NoDay title={`${longDay(date)} has not begun`} says={`In ${scope.zone} it is ${longDay(scope.today)}. A day has numbers from its midnight there.`} />;
  if (day.data === undefined && day.failure?.kind === "not_found") return <NoDay title={`Nothing is on record of ${longDay(date)}`} says={day.failure.message} />;
  const snapshot = day.data ? readSnapshot(day.data.snapshot) : null;
  // One notice for what one answer did not give, not one for each of its parts.
  const lost = day.data === undefined && day.failure !== null;
  return (
    <Dated.Provider value={date !== scope.today}>
      <nav className="day-nav" aria-label="Days">
        <a href={href({ item: null })}>Days</a><span className="quieter" aria-hidden="true">/</span>
        <a className="button button-icon button-small" href={href({ item: before })} aria-label="The day before" title="The day before ([)"><Icon name="left" size={14} /></a>
        {after <= scope.today && <a className="button button-icon button-small" href={href({ item: after })} aria-label="The day after" title="The day after (])"><Icon name="right" size={14} /></a>}
        <a className="day-rows" href={href(rowsOf({}, date))}>Attempts of this day</a>
      </nav>
      <h1>{longDay(date)}</h1>
      {!lost && (
        <>
          <Headline day={day.data} snapshot={snapshot} date={date} open={open} />
          <Marks day={day.data} books={books.data} open={open} />
          {snapshot && day.data ? snapshot.attempts.attempts > 0 && <Figures snapshot={snapshot} day={day.data} open={open} /> : day.data === undefined && !day.failure && <div className="day-figures"><FigureBones /></div>}
        </>
      )}
      <div className="day">
        <div className="stack">
          {lost ? <Panel title="The day" note="totals, signals, seal and breakdowns" resource={day} skeleton={null}>{() => null}</Panel> : <Panel title="Signals" note="what looks like a wrong setting" resource={day} skeleton={<TableBones rows={3} />} isEmpty={(data) => data.signals.length === 0} empty={<NoSignals attempts={snapshot?.attempts.attempts ?? 0} />}>
            {(data) => <Signals signals={data.signals} date={date} />}
          </Panel>}
          <ReportPanel date={date} closed={day.data?.state === "closed"} />
          {!lost && <Breakdowns day={day} snapshot={snapshot} date={date} />}
        </div>
        <div className="stack">
          {!lost && (
            <>
              <Panel title="Against other days" note={open ? "so far, against averages of whole days" : "averages a day"} resource={day} skeleton={<TableBones rows={4} />} isEmpty={(data) => data.comparison === null || snapshot === null} empty={<p className="quieter">There is no closed day before this one to compare with.</p>}>
                {(data) => data.comparison && snapshot && <Against own={{ attempts: snapshot.attempts.attempts, leads: snapshot.leads, failures: snapshot.attempts.failures }} comparison={data.comparison} date={date} heading={open ? "So far" : "This day"} open={open} />}
              </Panel>
              <SealPanel day={day} date={date} />
            </>
          )}
          <Panel title="Books" resource={books} skeleton={<TableBones rows={3} />} isEmpty={(data) => data.received === 0 && data.pending === 0} empty={<Empty title="Nothing was received on this day" />}>{(data) => <BooksEquation books={data} />}</Panel>
          {!lost && <Panel title="Late lane" resource={day} skeleton={<TableBones rows={2} />} isEmpty={(data) => (data.late?.count ?? 0) === 0 && (data.late?.events ?? 0) === 0} empty={<p className="quiet">Nothing came late. What arrives for a day that is closed counts for the next open one and is listed there; the closed day stays as it was sealed.</p>}>
            {(data) => data.late && <LateLane count={data.late.count} attempts={data.late.attempts} events={data.late.events ?? 0} />}
          </Panel>}
          {snapshot && snapshot.users.distinct > 0 && <Panel title="People" note="few who do much?" resource={day} skeleton={null}>{() => <Concentration snapshot={snapshot} date={date} />}</Panel>}
        </div>
      </div>
    </Dated.Provider>
  );
}

/** A date that is no day of this project: there is nothing to ask again, and nothing to write a report of. */
function NoDay({ title, says }: { title: string; says: string }) {
  const { today } = useScope();
  const href = useHref();
  return <Empty title={title}><p>{says}</p><p className="empty-actions"><a className="button" href={href({ item: today })}>Today</a><a className="button" href={href({ item: null })}>All days</a></p></Empty>;
}

/** The day in words; its numbers lead to their rows. */
function Headline({ day, snapshot, date, open }: { day: DayInFull | undefined; snapshot: Snapshot | null; date: string; open: boolean }) {
  const { zone } = useScope();
  if (!day) return <p className="sentence quiet">{open ? "This day is open." : "\u00a0"}</p>;
  if (!snapshot || snapshot.attempts.attempts === 0) return <p className="sentence">No attempts{open ? " so far" : ""}. {open ? `The day closes at midnight in ${zone}.` : ""}</p>;
  const { attempts, leads } = snapshot;
  const usual = day.comparison?.trailing_seven_days ?? null;
  const share = attempts.failure_share ?? attempts.failures / attempts.attempts;
  // The hours of a day differ, so a part of one is not compared with whole ones; Today compares by the same time of day.
  const difference = !open && usual && usual.days > 0 && usual.failure_share !== null ? points(share, usual.failure_share) : null;
  const top = [...snapshot.by_source_and_code].sort((one, other) => other.count - one.count)[0];
  return (
    <p className="sentence">
      <RowsLink date={date} title={exact(attempts.attempts)}>{counted(attempts.attempts, "attempt")}</RowsLink>{open && " so far"}, <RowsLink date={date} filter={{ outcome: "success" }} title={exact(leads)}>{counted(leads, "lead")}</RowsLink>.{" "}
      <RowsLink date={date} filter={{ outcome: "failure" }} title={exact(attempts.failures)}>{percent(share)}</RowsLink> failed
      {difference && usual && <>, {difference.value === 0 ? "as on" : <span className={difference.value >= 3 ? "bad" : undefined}>{difference.text} {difference.value > 0 ? "above" : "below"}</span>} the {usual.days === 1 ? "day" : `${usual.days} days`} before</>}.{" "}
      {top && <>Most failures: <RowsLink date={date} filter={{ outcome: "failure", source: top.source, error_code: top.code }}><code>{top.code}</code></RowsLink> from {top.source}, {counted(top.count, "time")}.</>}
    </p>
  );
}

/** Open or sealed, checked, books, late rows: one line of marks. */
function Marks({ day, books, open }: { day: DayInFull | undefined; books: Books | undefined; open: boolean }) {
  const { zone } = useScope();
  if (!day) return <p className="day-marks">{"\u00a0"}</p>;
  const closed = day.state === "closed";
  const checked = day.verification?.status ?? "never";
  return (
    <p className="day-marks">
      {closed
        ? <span className="mark-plain"><Icon name="lock" size={14} /><span>{day.seal ? <>Sealed <Moment at={day.seal.sealed_at} /></> : "Closed"}, cannot be rewritten</span></span>
        : <span className="mark-good"><Icon name="clock" size={14} />{open ? `Open until midnight in ${zone}; its numbers still move` : "Over, and about to be closed and sealed"}</span>}
      {closed && day.seal && (checked === "passed" ? <span className="mark-good"><Icon name="check" size={14} />Checked{day.verification?.at && <> <Moment at={day.verification.at} /></>}</span>
        : checked === "failed" ? <span className="mark-bad"><Icon name="warning" size={14} />Check failed{day.verification?.at && <> <Moment at={day.verification.at} /></>}</span> : <span className="quieter">Never checked</span>)}
      {books && books.received > 0 && <span className={books.balanced ? "mark-good" : "mark-bad"}><Icon name={books.balanced ? "check" : "warning"} size={14} />{books.balanced ? "Books balance" : "Books are off"}</span>}
      {(day.late?.count ?? 0) > 0 && <span className="mark-warn"><Icon name="clock" size={14} />{counted(day.late?.count ?? 0, "late row")}</span>}
    </p>
  );
}

function Figures({ snapshot, day, open }: { snapshot: Snapshot; day: DayInFull; open: boolean }) {
  const href = useHref();
  const usual = day.comparison?.trailing_seven_days ?? null;
  const name = usual ? (usual.days === 1 ? "the day before" : `${usual.days} days before`) : "";
  const versus = (own: number, mean: number | null | undefined) => {
    if (mean === null || mean === undefined) return "nothing before to compare";
    // A part of a day against whole ones says how late it is, not how the day goes.
    if (open) return `so far; ${short(Math.round(mean))} on whole days`;
    const said = change(own, mean);
    return said === null ? `none in ${name}` : said === "as usual" ? said : `${said} against ${name}`;
  };
  const { attempts, leads, users } = snapshot;
  const share = attempts.failure_share ?? 0;
  const difference = !open && usual && usual.failure_share !== null ? points(share, usual.failure_share) : null;
  const failed = open && usual && usual.failure_share !== null ? `so far; ${percent(usual.failure_share)} on whole days` : "nothing before to compare";
  const hours = snapshot.by_hour;
  return (
    <div className="figures day-figures">
      <Figure label="Attempts" value={short(attempts.attempts)} exactly={exact(attempts.attempts)} href={href(rowsOf({}, day.date))} comparison={versus(attempts.attempts, usual?.attempts_mean)}><Sparkline values={hours.map((hour) => hour.attempts)} label="Attempts by hour" /></Figure>
      <Figure label="Leads" value={short(leads)} exactly={exact(leads)} href={href(rowsOf({ outcome: "success" }, day.date))} comparison={versus(leads, usual?.leads_mean)}><Sparkline values={hours.map((hour) => hour.successes)} label="Leads by hour" /></Figure>
      <Figure label="Failed" value={percent(share)} href={href(rowsOf({ outcome: "failure" }, day.date))} comparison={difference ? <><span className={difference.value >= 3 ? "bad" : undefined}>{difference.value === 0 ? "the same as" : `${difference.text} ${difference.value > 0 ? "above" : "below"}`}</span> {name}</> : failed}>
        <Sparkline values={hours.map((hour) => (hour.attempts > 0 ? hour.failures / hour.attempts : null))} tone="bad" label="Share that failed, by hour" />
      </Figure>
      <Figure label="People" value={short(users.distinct)} exactly={exact(users.distinct)} comparison={users.top_ten_share === null ? "who submitted" : `ten of them made ${percent(users.top_ten_share)}`} />
    </div>
  );
}

function Breakdowns({ day, snapshot, date }: { day: Resource<DayInFull>; snapshot: Snapshot | null; date: string }) {
  const empty = <Empty title="Nothing was received on this day" command={simulateCommand()}><p>The snapshot sums up the day's attempts: outcomes, failures, sources, hours. For some traffic now:</p></Empty>;
  if (day.data && (!snapshot || snapshot.attempts.attempts === 0)) {
    return <Panel title="Snapshot" resource={day} skeleton={null} isEmpty={(data) => Object.keys(data.snapshot).length === 0 || snapshot !== null} empty={empty}>{(data) => <SnapshotTables snapshot={data.snapshot} open={data.state !== "closed"} />}</Panel>;
  }
  const frozen = day.data?.state === "closed" ? "frozen when the day was closed" : "so far";
  return (
    <>
      <Panel title="By hour" note={frozen} resource={day} skeleton={<span className="bone chart-bone" />}>{(data) => snapshot && <Hours snapshot={snapshot} open={data.state !== "closed"} />}</Panel>
      <Panel title="By source" resource={day} skeleton={<TableBones rows={5} />}>{() => snapshot && <GroupTable groups={snapshot.by_source} field="source" date={date} label="Attempts by source" />}</Panel>
      <Panel title="By channel" resource={day} skeleton={<TableBones rows={5} />}>{() => snapshot && <GroupTable groups={snapshot.by_channel} field="channel" date={date} label="Attempts by channel" />}</Panel>
      <Panel title="Why attempts failed" resource={day} skeleton={<TableBones rows={6} />} isEmpty={() => snapshot !== null && snapshot.by_code.length === 0} empty={<p className="quiet">Nothing failed.</p>}>{() => snapshot && <FailureTable snapshot={snapshot} date={date} />}</Panel>
      <Panel title="All of the snapshot" note="member by member, as stored" resource={day} skeleton={null}>{(data) => <details className="snapshot-all"><summary>Show everything that reports and comparisons see</summary><SnapshotTables snapshot={data.snapshot} open={data.state !== "closed"} /></details>}</Panel>
    </>
  );
}
