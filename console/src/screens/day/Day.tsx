import { useState } from "react";
import type { DayInFull } from "../../api/days";
import { ApiFailure } from "../../api/failure";
import { generateReport } from "../../api/days";
import { BooksEquation } from "../../parts/BooksEquation";
import { CopyId } from "../../parts/Copy";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { ReportText } from "../../parts/ReportText";
import { cache } from "../../state/cache";
import { useKeys } from "../../state/keyboard";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { booksOf, dayOf, reportOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { duration, exact } from "../../words/numbers";
import { addDays, isDate, longDay } from "../../words/times";
import { SnapshotTables } from "./SnapshotTables";
import "./day.css";

/** What happened? */
export function Day({ date }: { date: string }) {
  const scope = useScope();
  const href = useHref();
  const valid = isDate(date);
  const open = valid && date >= scope.today;
  const day = useAnswer(valid ? dayOf(scope, date) : null, scope.view.live && open);
  const books = useAnswer(valid ? booksOf(scope, date) : null, scope.view.live && open);
  const before = addDays(valid ? date : scope.today, -1);
  const after = addDays(valid ? date : scope.today, 1);
  useKeys([
    { keys: "[", says: "The day before", group: "On this screen", run: () => go({ item: before }) },
    { keys: "]", says: "The day after", group: "On this screen", run: () => after <= scope.today && go({ item: after }) },
    { keys: "Escape", says: "All days", group: "On this screen", run: () => go({ item: null }) },
  ]);
  if (!valid) return <Empty title={`${date} is not a date`}><p>Days are written YYYY-MM-DD.</p><a href={href({ item: null })}>All days</a></Empty>;
  return (
    <>
      <nav className="day-nav" aria-label="Days">
        <a href={href({ item: null })}>Days</a><span className="quieter" aria-hidden="true">/</span>
        <a className="button button-icon button-small" href={href({ item: before })} aria-label="The day before" title="The day before ([)"><Icon name="left" size={14} /></a>
        {after <= scope.today && <a className="button button-icon button-small" href={href({ item: after })} aria-label="The day after" title="The day after (])"><Icon name="right" size={14} /></a>}
        <a className="day-rows" href={href({ screen: "attempts", item: null, open: null, range: { kind: "date", date }, filters: {}, words: "" })}>Attempts of this day</a>
      </nav>
      <h1>{longDay(date)}</h1>
      <State day={day.data} open={open} />
      <div className="day">
        <div className="stack">
          <ReportPanel date={date} closed={day.data?.state === "closed"} />
          <Panel title="Snapshot" note={day.data?.state === "closed" ? "frozen when the day was closed" : "so far"} resource={day} skeleton={<TableBones rows={10} />}
            isEmpty={(data) => Object.keys(data.snapshot).length === 0} empty={<Empty title="Nothing was received on this day"><p>The snapshot sums up the day's attempts: outcomes, failures, sources, hours.</p></Empty>}>
            {(data) => <SnapshotTables snapshot={data.snapshot} />}
          </Panel>
        </div>
        <div className="stack">
          <Panel title="Books" resource={books} skeleton={<TableBones rows={3} />} isEmpty={(data) => data.received === 0 && data.pending === 0} empty={<Empty title="Nothing was received on this day" />}>{(data) => <BooksEquation books={data} />}</Panel>
          <Panel title="Seal" resource={day} skeleton={<TableBones rows={4} />}>{(data) => <Seal day={data} />}</Panel>
        </div>
      </div>
    </>
  );
}

function State({ day, open }: { day: DayInFull | undefined; open: boolean }) {
  const { zone } = useScope();
  if (!day) return <p className="sentence quiet">{open ? "This day is open." : "\u00a0"}</p>;
  if (day.state !== "closed") {
    return open
      ? <p className="sentence">This day is open: its numbers still move. It closes at midnight in {zone}.</p>
      : <p className="sentence">This day is over and about to be closed: its snapshot is then frozen and sealed.</p>;
  }
  return <p className="sentence">This day is closed{day.seal ? <>: {exact(day.seal.row_count)} rows, sealed <Moment at={day.seal.sealed_at} /></> : ""}. It cannot be rewritten.</p>;
}

function Seal({ day }: { day: DayInFull }) {
  const { seal } = day;
  if (!seal) {
    return <Empty title={day.state === "closed" ? "This day has no seal" : "Not sealed yet"}><p>Closing the day commits to its rows with a Merkle root. From then on, <code>daybook verify</code> proves that none was changed or removed.</p></Empty>;
  }
  return (
    <dl className="facts">
      <dt>Sealed</dt><dd><Moment at={seal.sealed_at} /></dd>
      <dt>Merkle root</dt><dd><CopyId id={seal.merkle_root} head={14} tail={8} /></dd>
      <dt>Rows</dt><dd className="number">{exact(seal.row_count)}{seal.first_sequence !== null && seal.last_sequence !== null && <span className="quieter"> no. {exact(seal.first_sequence)} to {exact(seal.last_sequence)}</span>}</dd>
      {seal.last_hash && <><dt>Last row's hash</dt><dd><CopyId id={seal.last_hash} head={14} tail={8} /></dd></>}
      {day.snapshot_sha256 && <><dt>Snapshot</dt><dd><CopyId id={day.snapshot_sha256} head={14} tail={8} /></dd></>}
      <dt>Check it</dt><dd><code>daybook verify --date {day.date}</code></dd>
    </dl>
  );
}

type Writing = { phase: "idle" } | { phase: "writing"; since: number; abort: AbortController } | { phase: "failed"; failure: ApiFailure };

function ReportPanel({ date, closed }: { date: string; closed: boolean }) {
  const scope = useScope();
  const question = reportOf(scope, date);
  const report = useAnswer(question);
  const [writing, set] = useState<Writing>({ phase: "idle" });
  const write = () => {
    const abort = new AbortController();
    set({ phase: "writing", since: Date.now(), abort });
    generateReport(scope.project.project_id, date, closed && report.data !== null && report.data !== undefined, abort.signal).then(
      (written) => {
        cache.put(question.key, written);
        cache.outdate(`days?${scope.project.project_id}`);
        set({ phase: "idle" });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return set({ phase: "idle" });
        set({ phase: "failed", failure: error instanceof ApiFailure ? error : new ApiFailure("server", "The report could not be written.") });
      },
    );
  };
  const button = (words: string, main: boolean) => (
    <button type="button" className={`button ${main ? "button-main" : "button-small"}`} disabled={writing.phase === "writing"} onClick={write}><Icon name="report" size={14} />{words}</button>
  );
  return (
    <Panel title="Report" note={report.data ? `version ${report.data.version}` : undefined} resource={report} skeleton={<TableBones rows={8} />}
      actions={report.data && writing.phase !== "writing" ? button(closed ? "Write a new version" : "Write again", false) : undefined}
      isEmpty={(data) => data === null && writing.phase !== "writing"}
      empty={<><Progress writing={writing} /><Empty title="No report of this day yet"><p>A language model on your own machine explains the day from its snapshot alone; it never sees rows. Without a model, Daybook writes a plain report itself.</p>{button("Write the report", true)}</Empty></>}>
      {(data) => <><Progress writing={writing} />{data && <ReportText report={data} />}</>}
    </Panel>
  );
}

function Progress({ writing }: { writing: Writing }) {
  const now = useNow(1000);
  if (writing.phase === "writing") {
    return (
      <div className="progress" role="status">
        <svg width="100%" height="3" aria-hidden="true"><rect className="progress-track" width="100%" height="3" /><rect className="progress-run" width="30%" height="3" /></svg>
        <span>Writing from the snapshot, {duration(Math.max(1000, now - writing.since))} so far. A local model takes up to a minute or two.</span>
        <button type="button" className="button button-small" onClick={() => writing.abort.abort()}>Stop waiting</button>
      </div>
    );
  }
  if (writing.phase === "failed") {
    return <p className="progress-failed bad" role="alert">The report was not written: {writing.failure.message}{writing.failure.correlationId && <> Request <CopyId id={writing.failure.correlationId} /></>}</p>;
  }
  return null;
}
