import { useMemo, useState } from "react";
import { ChartFrame } from "../charts/ChartFrame";
import { HEAT_MAX_MIN, HeatKey, HeatRow, HeatStrip } from "../charts/HeatStrip";
import { timeAxis } from "../charts/axis";
import type { Failures, HeatCell } from "../api/analytics";
import { useNow } from "../state/now";
import { useScope } from "../state/project";
import { cutOf, edgesOf, edgesThrough, nearestBucket } from "../state/buckets";
import { rowsWithin } from "../state/rows";
import { Filters } from "../state/view";
import { go, useHref } from "../state/useView";
import { counted } from "../words/numbers";
import { DAY } from "../words/times";

const ROWS_MAX = 12;

/** Failures by category and source over time: when something began, whether it comes and goes. */
export function FailureHeat({ failures }: { failures: Failures }) {
  const { span, zone, today, view } = useScope();
  const now = useNow(60_000);
  const href = useHref();
  const [all, showAll] = useState(false);
  const edges = useMemo(() => {
    if (span.to - span.from > 8 * DAY) return edgesOf(span.from, span.to, "day", zone);
    return edgesThrough(failures.heat.map((cell) => cell.hour), span.from, span.to, "hour", zone);
  }, [failures, span, zone]);
  const axis = useMemo(() => timeAxis(zone, today), [zone, today]);
  const groups = useMemo(() => gather(failures.heat, edges), [failures, edges]);
  const shown = all || groups.length <= ROWS_MAX ? groups : groups.slice(0, ROWS_MAX - 1);
  const rest = groups.slice(shown.length);
  const rows: HeatRow[] = shown.map((group) => {
    const behind = rowsWithin(view, filtersOf(group));
    return { key: keyOf(group), label: { main: group.category, rest: group.source ?? "any source" }, ...(behind ? { href: href(behind) } : {}), total: group.total, counts: group.counts };
  });
  if (rest.length > 0) rows.push(other(rest, edges.length - 1));
  const max = Math.max(...rows.flatMap((row) => row.counts), HEAT_MAX_MIN);
  const pick = (row: HeatRow, from: number, to: number) => {
    const group = groups.find((candidate) => keyOf(candidate) === row.key);
    if (!group) return showAll(true);
    const cut = cutOf({ from, to }, span) ?? { from, to };
    const behind = rowsWithin(view, filtersOf(group), { range: { kind: "span", ...cut } });
    if (behind) go(behind);
  };
  return (
    <ChartFrame name="failures-by-hour" unit="failed attempts" legend={<span className="heat-legend"><HeatKey max={max} />{groups.length > ROWS_MAX && <button type="button" className="button button-plain button-small" aria-pressed={all} onClick={() => showAll(!all)}>{all ? "Show the largest alone" : `Show all ${counted(groups.length, "row")}`}</button>}</span>} table={() => ({
      columns: ["From", ...groups.map((group) => `${group.category} ${group.source ?? "any"}`)],
      rows: edges.slice(0, -1).flatMap((edge, index) => {
        const bucket = { from: edge, to: edges[index + 1] ?? edge };
        const cut = cutOf(bucket, span) ?? bucket;
        return edge > now ? [] : [[axis.words(cut.from, cut.to), ...groups.map((group) => group.counts[index] ?? 0)]];
      }),
    })}>
      <HeatStrip rows={rows} edges={edges} span={span} now={now} axis={axis} onPick={pick} />
    </ChartFrame>
  );
}

interface HeatGroup {
  category: string;
  source: string | null;
  total: number;
  counts: number[];
}

const keyOf = (group: HeatGroup) => `${group.category} ${group.source ?? ""}`;

/** The small rows together, so that the strip holds every failure. */
function other(groups: readonly HeatGroup[], buckets: number): HeatRow {
  return {
    key: "other", label: { main: "other", rest: counted(groups.length, "smaller row") },
    total: groups.reduce((sum, group) => sum + group.total, 0),
    counts: Array.from({ length: buckets }, (_, index) => groups.reduce((sum, group) => sum + (group.counts[index] ?? 0), 0)),
  };
}

function filtersOf(group: HeatGroup): Filters {
  return { outcome: ["failure"], category: [group.category], ...(group.source ? { source: [group.source] } : {}) };
}

function gather(cells: readonly HeatCell[], edges: readonly number[]): HeatGroup[] {
  const groups = new Map<string, HeatGroup>();
  for (const cell of cells) {
    const index = nearestBucket(edges, cell.hour);
    const key = `${cell.category} ${cell.source ?? ""}`;
    let group = groups.get(key);
    if (!group) {
      group = { category: cell.category, source: cell.source, total: 0, counts: new Array<number>(edges.length - 1).fill(0) };
      groups.set(key, group);
    }
    group.total += cell.count;
    group.counts[index] = (group.counts[index] ?? 0) + cell.count;
  }
  return [...groups.values()].sort((one, other) => other.total - one.total);
}
