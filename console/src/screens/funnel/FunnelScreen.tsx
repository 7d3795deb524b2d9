import { Bar } from "../../charts/Sparkline";
import type { ChannelRow, FunnelMetrics } from "../../api/analytics";
import { Empty, simulateCommand } from "../../parts/Empty";
import { FunnelSteps, TableBones, isMeasured, stepName, worstStep } from "../../parts/FunnelSteps";
import { Name } from "../../parts/Name";
import { Panel } from "../../parts/Panel";
import { RowsWithin } from "../../parts/RowsLink";
import { notNarrowedBy } from "../../state/narrowing";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { funnelOf } from "../../state/questions";
import { useRowKeys } from "../../state/rowKeys";
import { rangeWords } from "../../state/range";
import { useAnswer } from "../../state/useAnswer";
import { go } from "../../state/useView";
import { counted, duration, exact, percent, short } from "../../words/numbers";

/** Where do visitors stop? */
export function FunnelScreen() {
  const scope = useScope();
  const now = useNow(60_000);
  useRowKeys(".channels", "Open the attempts of the channel");
  const funnel = useAnswer(funnelOf(scope), scope.live);
  const covers = rangeWords(scope.view.range, scope.zone, now);
  const empty = <Empty title="No sessions in this range" command={simulateCommand()}><p>Each step that a visitor reaches is a <code>funnel.step</code> event. The simulator sends some:</p></Empty>;
  return (
    <>
      <h1>Funnel</h1>
      {funnel.data && <Sentence funnel={funnel.data} />}
      <div className="stack screen-stack">
        <Panel title="Steps" note={[covers, funnel.data && notNarrowedBy(scope.view, funnel.data.steps_narrowed_by)].filter(Boolean).join(", ")} resource={funnel} skeleton={<TableBones rows={8} />} isEmpty={(data) => data.steps.every((step) => step.sessions === 0)} empty={empty}>
          {(data) => <><FunnelSteps funnel={data} times /><p className="quieter funnel-note">A session that reached a step counts for every step before it.</p></>}
        </Panel>
        <Panel title="By channel" note={covers} resource={funnel} skeleton={<TableBones rows={5} />} isEmpty={(data) => data.by_channel.length === 0}
          empty={<Empty title="No attempts in this range"><p>Conversion, failures and latency by marketing channel appear here.</p></Empty>}>
          {(data) => <Channels rows={data.by_channel} />}
        </Panel>
      </div>
    </>
  );
}

function Sentence({ funnel }: { funnel: FunnelMetrics }) {
  const steps = [...funnel.steps].sort((one, other) => one.position - other.position);
  const first = steps[0];
  const last = steps[steps.length - 1];
  if (!first || !last || first.sessions === 0) return null;
  const worst = worstStep(steps);
  if (!isMeasured(first)) return <p className="sentence">{counted(last.sessions, "session")} reached the end. How many began is not known: {stepName(first.step).toLowerCase()} is not measured.</p>;
  return (
    <p className="sentence">
      Of {counted(first.sessions, "session")}, {short(last.sessions)} reached the end: {percent(last.sessions / first.sessions)}.{" "}
      {worst && <>The largest loss is before {stepName(worst.step).toLowerCase()}, where {percent(1 - (worst.conversion_from_previous ?? 0))} stop.</>}
    </p>
  );
}

const SORTS: { name: string; key: string; of: (row: ChannelRow) => number }[] = [
  { name: "Attempts", key: "attempts", of: (row) => row.attempts },
  { name: "Leads", key: "leads", of: (row) => row.leads },
  { name: "Converted", key: "conversion_rate", of: (row) => row.conversion_rate ?? -1 },
  { name: "Failed", key: "failure_density", of: (row) => row.failure_density ?? -1 },
  { name: "p95 (ms)", key: "p95_latency", of: (row) => row.p95_latency_ms ?? -1 },
];

function Channels({ rows }: { rows: readonly ChannelRow[] }) {
  const { view } = useScope();
  const descending = (view.sort ?? "-attempts").startsWith("-");
  const key = (view.sort ?? "-attempts").replace(/^-/, "");
  const by = SORTS.find((sort) => sort.key === key) ?? SORTS[0];
  const sorted = [...rows].sort((one, other) => ((by?.of(one) ?? 0) - (by?.of(other) ?? 0)) * (descending ? -1 : 1));
  const most = Math.max(...rows.map((row) => row.attempts), 1);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Channels">
      <table className="table channels">
        <thead>
          <tr>
            <th scope="col">Channel</th><th scope="col" className="channel-bar"><span className="unseen">Share of attempts</span></th>
            {SORTS.map((sort) => (
              <th key={sort.key} scope="col" className="right" aria-sort={sort === by ? (descending ? "descending" : "ascending") : undefined}>
                <button type="button" className="sort" onClick={() => go({ sort: sort === by && descending ? sort.key : `-${sort.key}` }, { replace: true })}>{sort.name}{sort === by && <span aria-hidden="true">{descending ? " \u2193" : " \u2191"}</span>}</button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.channel ?? ""}>
              <td>{row.channel ? <RowsWithin className="channel-link" more={{ channel: [row.channel] }}><Name>{row.channel}</Name></RowsWithin> : <span className="quieter">none given</span>}</td>
              <td className="channel-bar"><Bar share={row.attempts / most} /></td>
              <td className="right number"><OfChannel channel={row.channel} value={row.attempts} /></td>
              <td className="right number"><OfChannel channel={row.channel} outcome="success" value={row.leads} /></td>
              <td className="right number">{row.conversion_rate === null ? "\u2013" : percent(row.conversion_rate)}</td>
              <td className="right number">{row.failure_density === null ? "\u2013" : row.channel === null ? percent(row.failure_density) : <RowsWithin more={{ channel: [row.channel], outcome: ["failure"] }} title={counted(row.failures, "failure")}>{percent(row.failure_density)}</RowsWithin>}</td>
              <td className="right number" title={row.p95_latency_ms === null ? undefined : duration(row.p95_latency_ms)}>{row.p95_latency_ms === null ? "\u2013" : exact(Math.round(row.p95_latency_ms))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A number of a channel and its rows; those that came without a channel have no filter that names them. */
function OfChannel({ channel, outcome, value }: { channel: string | null; outcome?: string; value: number }) {
  if (channel === null) return <span title={exact(value)}>{short(value)}</span>;
  return <RowsWithin more={{ channel: [channel], ...(outcome ? { outcome: [outcome] } : {}) }} title={exact(value)}>{short(value)}</RowsWithin>;
}
