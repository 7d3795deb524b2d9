import { ReactNode } from "react";
import type { System } from "../../api/operations";
import { Bar, Sparkline } from "../../charts/Sparkline";
import { BooksEquation } from "../../parts/BooksEquation";
import { Empty, simulateCommand } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Flag } from "../../parts/Outcome";
import { Panel } from "../../parts/Panel";
import { SystemNav } from "../../parts/SubNav";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { booksOf, readinessOf, realtimeOf, systemOf } from "../../state/questions";
import { jobsOf } from "../../state/settingsQuestions";
import { useHref } from "../../state/useView";
import { Resource, useAnswer } from "../../state/useAnswer";
import { bytes, counted, duration, exact, short } from "../../words/numbers";

/** Can I trust what I see? */
export function SystemScreen() {
  const scope = useScope();
  const live = scope.view.live;
  const system = useAnswer(systemOf(scope), live);
  const readiness = useAnswer(readinessOf(), live);
  const realtime = useAnswer(realtimeOf(scope), live);
  const books = useAnswer(booksOf(scope, scope.today), live);
  return (
    <>
      <SystemNav />
      <h1>System</h1>
      <Sentence system={system} />
      <div className="stack screen-stack">
        <div className="columns-2">
          <Panel title="Checks" note="a canary is written and read back" resource={readiness} skeleton={<TableBones rows={4} />} isEmpty={(data) => data.checks.length === 0} empty={<Empty title="The server names no checks"><p>Each part that must work before requests are accepted is listed here.</p></Empty>}>
            {(data) => (
              <table className="table">
                <thead><tr><th scope="col">Part</th><th scope="col">State</th><th scope="col" className="right">Took</th></tr></thead>
                <tbody>{data.checks.map((check) => <tr key={check.name}><td>{check.name.replace(/_/g, " ")}{detailOf(check) && <span className="quieter">: {detailOf(check)}</span>}</td><td><Flag good={check.ok} yes="Works" no="Fails" /></td><td className="right number quiet">{check.ms === null ? "\u2013" : duration(check.ms)}</td></tr>)}</tbody>
              </table>
            )}
          </Panel>
          <Panel title="Stream and stores" resource={system} skeleton={<TableBones rows={4} />}>{(data) => <Stores system={data} />}</Panel>
        </div>
        <div className="columns-2">
          <Panel title="The last hour" note="events by minute" resource={realtime} skeleton={<TableBones rows={3} />} isEmpty={(data) => data.last_hour.events === 0 && data.last_hour.attempts === 0}
            empty={<Empty title="Nothing in the last hour" command={simulateCommand(5)} />}>
            {(data) => (
              <>
                <Sparkline values={data.per_minute.map((minute) => minute.events)} filling={data.per_minute.length - 1} label="Events by minute" />
                <p className="quiet system-gap">{counted(data.last_hour.events, "event")}, {counted(data.last_hour.attempts, "attempt")}, {counted(data.last_hour.failures, "failure")}; in the last five minutes {counted(data.last_5_minutes.events, "event")}.</p>
              </>
            )}
          </Panel>
          <Panel title="Books of today" resource={books} skeleton={<TableBones rows={3} />}>{(data) => <BooksEquation books={data} />}</Panel>
        </div>
        <Panel title="Versions" resource={system} skeleton={<TableBones rows={3} />}>{(data) => <Versions system={data} />}</Panel>
      </div>
    </>
  );
}

function Sentence({ system }: { system: Resource<System> }) {
  const scope = useScope();
  const href = useHref();
  const jobs = useAnswer(jobsOf(scope, null, null), scope.view.live).data?.jobs ?? [];
  const count = (...statuses: string[]) => jobs.filter((job) => statuses.includes(job.status)).length;
  const working = count("queued", "running");
  const failed = count("failed");
  const data = system.data;
  if (!data) return null;
  const { lag_seconds, lag_frames } = data.stream;
  const well = data.event_store.ok && data.ledger.ok;
  return (
    <p className="sentence">
      {well ? "Stores answer" : <span className="bad">A store does not answer</span>}.{" "}
      {lag_frames === 0 ? "Everything that was received is in the numbers." : <>What you see is {lag_seconds === null ? "behind" : <>{duration(lag_seconds * 1000)} behind</>}: {counted(lag_frames, "batch", "batches")} waiting in the stream.</>}
      {working > 0 && <> <a href={href({ item: "jobs", open: null })}>{counted(working, "job")}</a> {working === 1 ? "is" : "are"} under way.</>}
      {failed > 0 && <> Of the newest jobs, <a className="bad" href={href({ item: "jobs/all/failed", open: null })}>{exact(failed)} failed</a>.</>}
    </p>
  );
}

/** Parts of which the panel beside says more, in the same words and units. */
const TOLD_BESIDE: ReadonlySet<string> = new Set(["stream", "event_store"]);

/** What there is to know of a check beside its state and its time. */
function detailOf(check: { name: string; ok: boolean; detail: string | null }): string | null {
  if (check.ok && TOLD_BESIDE.has(check.name)) return null;
  return check.detail?.replace(/ in [\d.]+ ms$/, "") ?? null;
}

function Stores({ system }: { system: System }) {
  const { stream, event_store, ledger } = system;
  return (
    <dl className="facts">
      <dt>Lag</dt><dd className="number">{stream.lag_frames === 0 ? "none" : `${counted(stream.lag_frames, "batch", "batches")}${stream.lag_seconds === null ? "" : `, ${duration(stream.lag_seconds * 1000)}`}`}</dd>
      <dt>Stream head</dt><dd className="number">{exact(stream.head)}<span className="quieter">, {stream.committed === stream.head ? "all of it committed" : `committed up to ${exact(stream.committed)}`}</span></dd>
      {stream.bytes_on_disk !== null && (
        <><dt>Stream on disk</dt><dd className="number">{bytes(stream.bytes_on_disk)}{stream.bytes_budget !== null && <> <span className="quieter">of {bytes(stream.bytes_budget)}</span><span className="system-bar"><Bar share={stream.bytes_on_disk / Math.max(1, stream.bytes_budget)} tone={stream.bytes_on_disk > 0.8 * stream.bytes_budget ? "bad" : "plain"} /></span></>}</dd></>
      )}
      <dt>Event store</dt><dd><Flag good={event_store.ok} yes="Works" no="Fails" />{event_store.rows !== null && <span className="quieter" title={exact(event_store.rows)}>, {short(event_store.rows)} rows</span>}{!event_store.ok && event_store.detail && <span className="quieter">: {event_store.detail}</span>}</dd>
      {system.model && <><dt>Language model</dt><dd><span className={system.model.ok ? "mark-good" : "mark-plain"}><Icon name={system.model.ok ? "check" : "report"} size={14} />{system.model.ok ? "Configured" : system.model.detail === null ? "None: reports are written by rules" : "Not in use"}</span>{system.model.detail && <span className="quieter">: {system.model.detail.replace(/^none: /, "")}</span>}</dd></>}
      <dt>Ledger</dt><dd><Flag good={ledger.ok} yes="Works" no="Fails" />{ledger.detail && <span className="quieter">{ledger.ok ? "," : ":"} {ledger.detail}</span>}</dd>
    </dl>
  );
}

function Versions({ system }: { system: System }) {
  const now = useNow(60_000);
  const skew = system.clock - Date.now();
  const facts: [string, ReactNode][] = [
    ["Daybook", system.version],
    ["Environment", system.environment],
    ["Roles", system.roles.join(", ") || "all"],
    ["Started", <><Moment at={system.started_at} /> <span className="quieter">{now - system.started_at < 60_000 ? "just now" : `${duration(now - system.started_at)} ago`}</span></>],
    ["Server's clock", <><Moment at={system.clock} seconds />{Math.abs(skew) > 60_000 && <span className="warn"> {duration(Math.abs(skew))} {skew > 0 ? "ahead of" : "behind"} this browser</span>}</>],
  ];
  return <dl className="facts">{facts.map(([name, value]) => <div className="fact-row" key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}
