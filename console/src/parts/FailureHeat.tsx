import { useMemo } from "react";
import { ChartFrame } from "../charts/ChartFrame";
import { HEAT_MAX_MIN, HeatKey, HeatRow, HeatStrip } from "../charts/HeatStrip";
import { timeAxis } from "../charts/axis";
import type { Failures, HeatCell } from "../api/analytics";
import { useNow } from "../state/now";
import { useScope } from "../state/project";
import { bucketOf, edgesOf } from "../state/buckets";
import { Filters } from "../state/view";
import { go, useHref } from "../state/useView";
import { DAY } from "../words/times";

const ROWS_MAX = 12;

/** Failures by category and source over time: when something began, whether it comes and goes. */
export function FailureHeat({ failures }: { failures: Failures }) {
  const { span, zone, today } = useScope();
  const now = useNow(60_000);
  const href = useHref();
  const edges = useMemo(() => edgesOf(span.from, span.to, span.to - span.from > 8 * DAY ? "day" : "hour", zone), [span, zone]);
  const axis = useMemo(() => timeAxis(zone, today), [zone, today]);
  const groups = useMemo(() => gather(failures.heat, edges), [failures, edges]);
  const rows: HeatRow[] = groups.slice(0, ROWS_MAX).map((group) => ({
    key: `${group.category} ${group.source ?? ""}`,
    label: { main: group.category, rest: group.source ?? "any source" },
    href: href({ screen: "attempts", item: null, open: null, filters: filtersOf(group) }),
    total: group.total,
    counts: group.counts,
  }));
  const max = Math.max(...rows.flatMap((row) => row.counts), HEAT_MAX_MIN);
  const pick = (row: HeatRow, from: number, to: number) => {
    const group = groups.find((candidate) => `${candidate.category} ${candidate.source ?? ""}` === row.key);
    if (group) go({ screen: "attempts", item: null, open: null, range: { kind: "span", from, to }, filters: filtersOf(group) });
  };
  return (
    <ChartFrame name="failures-by-hour" legend={<HeatKey max={max} />} table={() => ({
      columns: ["From", ...groups.map((group) => `${group.category} ${group.source ?? "any"}`)],
      rows: edges.slice(0, -1).filter((edge) => edge <= now).map((edge, index) => [axis.words(edge, edges[index + 1] ?? edge), ...groups.map((group) => group.counts[index] ?? 0)]),
    })}>
      <HeatStrip rows={rows} edges={edges} now={now} axis={axis} onPick={pick} />
    </ChartFrame>
  );
}

interface HeatGroup {
  category: string;
  source: string | null;
  total: number;
  counts: number[];
}

function filtersOf(group: HeatGroup): Filters {
  return { outcome: ["failure"], category: [group.category], ...(group.source ? { source: [group.source] } : {}) };
}

function gather(cells: readonly HeatCell[], edges: readonly number[]): HeatGroup[] {
  const groups = new Map<string, HeatGroup>();
  for (const cell of cells) {
    const index = bucketOf(edges, cell.hour);
    if (index < 0) continue;
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
