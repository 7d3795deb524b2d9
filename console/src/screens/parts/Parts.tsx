import type { Books } from "../../api/days";
import type { Job } from "../../api/jobs";
import { ApiFailure } from "../../api/failure";
import { CalendarHeat, FailureKey } from "../../charts/CalendarHeat";
import { ChartFrame } from "../../charts/ChartFrame";
import { HeatKey, HeatStrip } from "../../charts/HeatStrip";
import { Bar, Sparkline, TrendBars } from "../../charts/Sparkline";
import { TimeColumns } from "../../charts/TimeColumns";
import { timeAxis } from "../../charts/axis";
import { BooksEquation } from "../../parts/BooksEquation";
import { CopyId } from "../../parts/Copy";
import { Empty, submitCommand } from "../../parts/Empty";
import { Figure, FigureBones } from "../../parts/Figure";
import { TableBones } from "../../parts/FunnelSteps";
import { JobProgress } from "../../parts/JobProgress";
import { Flag, OutcomeMark } from "../../parts/Outcome";
import { Panel } from "../../parts/Panel";
import { FallbackNotice } from "../../parts/report/ReportText";
import { useScope } from "../../state/project";
import { Resource } from "../../state/useAnswer";
import { HOUR, addDays, startOf } from "../../words/times";
import { SettingsParts } from "./SettingsParts";
import { RecordParts } from "./RecordParts";
import { Section } from "./Section";
import "./parts.css";

/** Every part in all its states on one page, from made-up values: to look at, and for the browser tests to picture. */
export function Parts() {
  return (
    <>
      <h1>Parts</h1>
      <p className="sentence">Made-up values. The words of a sentence carry <a href="#/parts">links</a>, and a <a className="bad" href="#/parts"><code>code</code></a> that needs a look.</p>
      <div className="stack screen-stack">
        <States />
        <Charts />
        <Ledgers />
        <JobStates />
        <SettingsParts />
        <RecordParts />
        <Controls />
      </div>
    </>
  );
}

const silent = { asking: false, failedTries: 0, retryAt: null, failure: null, arrivedAt: null, again: () => undefined };
const here = (more: Partial<Resource<string>>): Resource<string> => ({ ...silent, data: undefined, ...more });
const ID = "9f2c4e8ab1d04c6f8e21aa7305bd9c10";
const failed = (kind: ConstructorParameters<typeof ApiFailure>[0], words: string, more: Partial<Resource<string>> = {}) =>
  here({ failure: new ApiFailure(kind, words, { correlationId: ID }), failedTries: 1, ...more });

function States() {
  const { project } = useScope();
  const now = Date.now();
  const states: [string, Resource<string>][] = [
    ["Waiting", here({ asking: true })],
    ["There", here({ data: "There", arrivedAt: now })],
    ["Old, retrying", failed("server", "The event store did not answer.", { data: "Old", arrivedAt: now - 42_000, retryAt: now + 8_000 })],
    ["Old, resting", failed("unreachable", "The server cannot be reached.", { data: "Old", arrivedAt: now - 300_000 })],
    ["Failed, retrying", failed("server", "The event store did not answer.", { retryAt: now + 4_000 })],
    ["Unreachable", failed("unreachable", "The server cannot be reached.")],
    ["Too slow", failed("timeout", "No answer within 20 s.")],
    ["Too many questions", failed("limited", "The project's rate limit is reached.")],
    ["Not permitted", failed("forbidden", "The credentials lack the scope query.")],
    ["Not understood", failed("incompatible", "The answer of /v1/analytics/failures does not have the shape that this page knows (/groups/0/count: expected a number, found nothing).")],
  ];
  return (
    <div className="columns-2">
      {states.map(([title, resource]) => (
        <Panel key={title} title={title} note="a note" resource={resource} skeleton={<TableBones rows={3} />}>{(data) => <p>{data}: the panel's own content.</p>}</Panel>
      ))}
      <Panel title="Empty" resource={here({ data: "", arrivedAt: now })} skeleton={null} isEmpty={() => true} empty={<Empty title="No attempts in this range" command={submitCommand(project.project_id)}><p>What would appear here, and how to make it appear.</p></Empty>}>{() => null}</Panel>
      <Panel title="A mistake of ours" resource={here({ data: "x", arrivedAt: now })} skeleton={null}>{() => <Broken />}</Panel>
    </div>
  );
}

function Broken(): JSX.Element {
  throw new Error("A part that fails on purpose.");
}

const WAVE = Array.from({ length: 24 }, (_, hour) => Math.round(60 * Math.exp(-((hour - 13) ** 2) / 18)) + (hour % 3));

function Charts() {
  const { zone, today } = useScope();
  const axis = timeAxis(zone, today);
  const from = startOf(today, zone);
  const columns = WAVE.map((value, hour) => ({
    from: from + hour * HOUR, to: from + (hour + 1) * HOUR, before: WAVE[(hour + 2) % 24] ?? 0,
    values: hour > 16 ? [null, null] : [value, hour === 9 ? 0 : Math.round(value / (hour > 11 ? 2 : 6))],
  }));
  const edges = Array.from({ length: 25 }, (_, hour) => from + hour * HOUR);
  const rows = ["validation", "timeout"].map((category, row) => ({ key: category, label: { main: category, rest: "partner_api" }, href: "#/parts", total: 80 - 60 * row, counts: WAVE.map((value, hour) => (hour > 10 ? Math.floor(value / (2 + 8 * row)) : 0)) }));
  const days = Array.from({ length: 80 }, (_, back) => ({ date: addDays(today, -back), state: back === 0 ? "open" : "closed", attempts: 100, leads: 90, failures: 10, failure_share: (back % 9) / 24, snapshot_sha256: null, sealed: back > 0, users: 80, late: back % 11 === 3 ? 2 : 0, report_status: back % 4 === 1 ? "succeeded" : back % 4 === 2 ? "fallback" : null, balanced: back !== 17, verified: { status: back === 5 ? "failed" as const : back % 3 === 1 ? "passed" as const : "never" as const, at: null } }));
  return (
    <>
      <Section title="Columns over time, with the week before and a bucket that is filling">
        <ChartFrame name="parts" legend={<span className="legend"><span><i className="key key-good" />Leads</span><span><i className="key key-bad" />Failures</span></span>} table={() => ({ columns: ["Hour", "Leads", "Failures"], rows: columns.map((column) => [axis.words(column.from, column.to), ...column.values]) })}>
          <TimeColumns columns={columns} parts={[{ name: "Leads", tone: "good" }, { name: "Failures", tone: "bad" }]} beforeName="Week before" axis={axis} fillingFrom={from + 16 * HOUR} label="An example" />
        </ChartFrame>
      </Section>
      <Section title="Heat strip"><HeatStrip rows={rows} edges={edges} now={from + 20 * HOUR} axis={axis} onPick={() => undefined} /><HeatKey max={30} /></Section>
      <Section title="Calendar: open, checked, failed, reports, late rows, books that are off"><CalendarHeat days={days} today={today} weeks={16} hrefOf={() => "#/parts"} /><FailureKey /></Section>
      <div className="figures">
        <Figure label="A figure" value="1,234" comparison="+12 % against 4 Fridays"><Sparkline values={WAVE.slice(0, 17)} filling={16} length={24} label="An example" /></Figure>
        <Figure label="A worse one" value="83 %" comparison={<><span className="bad">4 points below</span> 4 Fridays</>}><Sparkline values={WAVE} tone="bad" label="An example" /></Figure>
        <Figure label="With a gap" value={"\u2013"} comparison="no earlier day to compare"><Sparkline values={WAVE.map((value, hour) => (hour > 6 && hour < 10 ? null : value))} label="An example" /></Figure>
        <Figure label="Trend and bars" value="42" comparison="in a table"><TrendBars values={WAVE} label="An example" /><Bar share={0.4} /><Bar share={0.7} tone="bad" /></Figure>
      </div>
      <FigureBones />
    </>
  );
}

const BOOKS: Books = { date: "2026-11-21", received: 4853, stored: 4806, duplicate: 32, sampled: 0, rejected: { field_missing: 12, time_too_old: 3 }, rejected_total: 15, quarantined: {}, quarantined_total: 0, balanced: true, pending: 14, lag_seconds: 0.4 };

function Ledgers() {
  return (
    <div className="columns-2">
      <Section title="Books that balance"><BooksEquation books={BOOKS} /></Section>
      <Section title="Books that are off"><BooksEquation books={{ ...BOOKS, stored: 4800, balanced: false, pending: 0 }} /></Section>
      <Section title="A report without a model"><FallbackNotice fallback={{ reason: "model_unreachable", detail: "no model server answers at http://127.0.0.1:11434", hint: null }} /></Section>
      <Section title="Marks"><p className="parts-row"><OutcomeMark outcome="success" /><OutcomeMark outcome="failure" /><Flag good yes="Balance" no="Off" /><Flag good={false} yes="Balance" no="Off" /><CopyId id="att_01J9ZK4V7Q8M2N3P5R6S" /></p></Section>
    </div>
  );
}

function JobStates() {
  const now = Date.now();
  const job: Job = { job_id: "job_01J9ZK4V7Q8M2N3P", kind: "verify", status: "running", progress: { done: 41_200, total: 96_000, unit: "rows" }, phase: "recomputing the chain", created_at: now - 9_000, started_at: now - 8_000, finished_at: null, tries: 1, tries_max: 3, next_try_at: null, attempts: [], result: null, error: null, about: { date: "2026-11-20" }, subject: null };
  const follow = (one: Job | null, more = {}) => ({ job: one, failure: null, cancelling: false, cancel: () => undefined, again: () => undefined, ...more });
  const ended = { finished_at: now - 1_000, phase: null };
  const states: [string, ReturnType<typeof follow>][] = [
    ["Just asked for", follow(null)],
    ["Going on", follow(job)],
    ["Without a known end, at the second try", follow({ ...job, progress: { done: 2, total: null, unit: "steps" }, phase: "asking the model", tries: 2 })],
    ["Being stopped", follow(job, { cancelling: true })],
    ["Done", follow({ ...job, ...ended, status: "succeeded" })],
    ["Cancelled", follow({ ...job, ...ended, status: "cancelled" })],
    ["Failed", follow({ ...job, ...ended, status: "failed", error: { code: "store_unavailable", message: "The ledger did not answer within 5 s, three times." } })],
    ["Out of sight", follow(job, { failure: new ApiFailure("unreachable", "The server cannot be reached.") })],
  ];
  return <div className="columns-2">{states.map(([title, followed]) => <Section key={title} title={title}><JobProgress followed={followed} doing="Checking the day" onDismiss={title === "Done" ? () => undefined : undefined} /></Section>)}</div>;
}

function Controls() {
  return (
    <Section title="Controls">
      <p className="parts-row">
        <button type="button" className="button button-main">Main</button><button type="button" className="button">Plain border</button><button type="button" className="button button-plain">No border</button>
        <button type="button" className="button button-danger">Revoke</button><button type="button" className="button" disabled>Not now</button><button type="button" className="button button-small">Small</button>
        <input className="input parts-input" aria-label="An input" placeholder="An input" />
      </p>
    </Section>
  );
}
