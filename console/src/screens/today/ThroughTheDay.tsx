import { useMemo } from "react";
import type { TimeSeries } from "../../api/analytics";
import { ChartFrame } from "../../charts/ChartFrame";
import { Column, TimeColumns } from "../../charts/TimeColumns";
import { timeAxis } from "../../charts/axis";
import { Empty, simulateCommand } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { cutOf, edgesThrough, gathered } from "../../state/buckets";
import { rowsWithin } from "../../state/rows";
import { spanBefore } from "../../state/questions";
import { Resource } from "../../state/useAnswer";
import { go } from "../../state/useView";
import { exact } from "../../words/numbers";
import { weekdayName } from "../../words/times";

const PARTS = [{ name: "Leads", tone: "good" }, { name: "Failures", tone: "bad" }] as const;

/** Attempts over the span, as leads and failures, with the week before as a grey line. */
export function ThroughTheDay({ series, before, covers }: { series: Resource<TimeSeries>; before: Resource<TimeSeries>; covers: string }) {
  const scope = useScope();
  const { span, zone, today } = scope;
  const axis = useMemo(() => timeAxis(zone, today), [zone, today]);
  const now = useNow(60_000);
  const beforeName = span.date !== null ? `${weekdayName(span.date)} before` : "Period before";
  const unit = span.granularity;
  return (
    <Panel title={span.date === null ? "Attempts over time" : "Through the day"} note={`${covers}, by ${unit}`} resource={series} skeleton={<span className="bone chart-bone" />}
      isEmpty={(data) => data.series.every((one) => one.points.every((point) => !point.value))}
      empty={<Empty title="No attempts in this range" command={simulateCommand()}><p>Each column is an {unit === "hour" ? "hour" : unit}: leads below, failures on top. To see some now:</p></Empty>}>
      {(data) => {
        const past = spanBefore(scope);
        const edges = edgesThrough(startsOf(data), span.from, span.to, unit, zone);
        const columns = columnsOf(data, before.data, edges, edgesThrough(startsOf(before.data), past.from, past.to, unit, zone), now)
          .map((column) => ({ ...column, cut: cutOf(column, span) }));
        const open = (column: Column) => {
          const rows = rowsWithin(scope.view, {}, { range: { kind: "span", ...(column.cut ?? { from: column.from, to: column.to }) } });
          if (rows) go(rows);
        };
        const [first] = columns;
        const hasBefore = columns.some((column) => (column.before ?? 0) > 0);
        return (
          <ChartFrame name="attempts" legend={<Legend beforeName={hasBefore ? beforeName : null} />} table={() => ({
            columns: ["Time", "Leads", "Failures", ...(hasBefore ? [beforeName] : [])],
            rows: columns.map((column) => [axis.words(column.cut?.from ?? column.from, column.cut?.to ?? column.to), ...column.values, ...(hasBefore ? [column.before] : [])]),
          })}>
            <TimeColumns columns={columns} parts={PARTS} axis={axis} beforeName={hasBefore ? beforeName : null}
              fillingFrom={data.filling_from ?? (now < span.to ? now : null)}
              label={`Attempts ${covers}: ${exact(sum(columns, 0))} leads, ${exact(sum(columns, 1))} failures${first?.cut ? `; the first column is a part, ${axis.words(first.cut.from, first.cut.to)}` : ""}`}
              onPick={open} />
          </ChartFrame>
        );
      }}
    </Panel>
  );
}

function startsOf(answer: TimeSeries | undefined): number[] {
  return (answer?.series ?? []).flatMap((one) => one.points.map((point) => point.at));
}

function columnsOf(data: TimeSeries, before: TimeSeries | undefined, edges: number[], edgesBefore: number[], now: number): Column[] {
  const of = (source: TimeSeries | undefined, metric: string) => source?.series.find((one) => one.metric === metric && one.group === null)?.points ?? [];
  const leads = gathered(edges, of(data, "leads"));
  const failures = gathered(edges, of(data, "failures"));
  const earlier = gathered(edgesBefore, of(before, "attempts"));
  return edges.slice(0, -1).map((from, index) => ({
    from,
    to: edges[index + 1] ?? from,
    values: from > now ? [null, null] : [leads[index] ?? null, failures[index] ?? null],
    before: before ? earlier[index] ?? 0 : null,
  }));
}

function Legend({ beforeName }: { beforeName: string | null }) {
  return (
    <span className="legend">
      {PARTS.map((part) => <span key={part.name}><i className={`key key-${part.tone}`} />{part.name}</span>)}
      {beforeName && <span><i className="key key-before" />{beforeName}</span>}
    </span>
  );
}

function sum(columns: readonly Column[], part: number): number {
  return columns.reduce((total, column) => total + (column.values[part] ?? 0), 0);
}
