import type { Overview, TimeSeries } from "../../api/analytics";
import { Sparkline } from "../../charts/Sparkline";
import { Figure, FigureBones } from "../../parts/Figure";
import { Boundary, Waiting } from "../../parts/Panel";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { bucketOf, edgesOf } from "../../state/buckets";
import { Resource } from "../../state/useAnswer";
import { useHref } from "../../state/useView";
import { change, duration, exact, percent, points, short } from "../../words/numbers";
import { addDays, startOf } from "../../words/times";
import { baseline } from "./baseline";

const NOTHING_BEFORE = "too little before to compare";

/** Four figures of the day: attempts, leads, share that succeeded, p95 latency. */
export function Figures({ overview, series }: { overview: Resource<Overview>; series: Resource<TimeSeries> }) {
  const { data, failure } = overview;
  if (!data) return failure ? null : <Waiting><FigureBones /></Waiting>;
  return <Boundary version={overview.arrivedAt}>{() => <Loaded data={data} series={series.data} />}</Boundary>;
}

function Loaded({ data, series }: { data: Overview; series: TimeSeries | undefined }) {
  const { zone, span } = useScope();
  const href = useHref();
  const now = useNow(60_000);
  const edges = edgesOf(startOf(data.date, zone), startOf(addDays(data.date, 1), zone), "hour", zone);
  const filling = data.is_today ? bucketOf(edges, now) : null;
  const until = <T,>(values: readonly T[]) => (filling === null || filling < 0 ? values : values.slice(0, filling + 1));
  const base = baseline(data);
  const spark = { filling, length: edges.length - 1 };
  const shares = data.spark.leads.map((leads, hour) => {
    const attempts = data.spark.attempts[hour] ?? 0;
    return attempts > 0 ? leads / attempts : null;
  });
  const latency = span.date === data.date ? latencies(series, edges) : [];
  const here = { screen: "attempts" as const, item: null, open: null };
  const shareChange = base && base.success_share !== null && data.today.success_share !== null ? points(data.today.success_share, base.success_share) : null;
  return (
    <div className="figures">
      <Figure label="Attempts" value={short(data.today.attempts)} exactly={exact(data.today.attempts)} href={href({ ...here, filters: {} })} comparison={versus(data.today.attempts, base?.attempts, base?.short)}>
        <Sparkline values={until(data.spark.attempts)} {...spark} label="Attempts by hour" />
      </Figure>
      <Figure label="Leads" value={short(data.today.leads)} exactly={exact(data.today.leads)} href={href({ ...here, filters: { outcome: ["success"] } })} comparison={versus(data.today.leads, base?.leads, base?.short)}>
        <Sparkline values={until(data.spark.leads)} {...spark} label="Leads by hour" />
      </Figure>
      <Figure label="Succeeded" value={data.today.success_share === null ? "\u2013" : percent(data.today.success_share)} href={href({ ...here, filters: { outcome: ["failure"] } })}
        comparison={shareChange && base ? <><span className={shareChange.value <= -3 ? "bad" : undefined}>{shareChange.value === 0 ? "the same as" : `${shareChange.text} ${shareChange.value < 0 ? "below" : "above"}`}</span> {base.short}</> : NOTHING_BEFORE}>
        <Sparkline values={until(shares)} {...spark} label="Share that succeeded, by hour" />
      </Figure>
      <Figure label="p95 latency" value={data.today.p95_latency_ms === null ? "\u2013" : duration(data.today.p95_latency_ms)} comparison="19 in 20 are faster">
        <Sparkline values={until(latency)} {...spark} label="95th percentile of latency by hour" />
      </Figure>
    </div>
  );
}

function versus(now: number, before: number | undefined, name: string | undefined) {
  if (before === undefined || name === undefined) return NOTHING_BEFORE;
  const said = change(now, before);
  if (said === null) return `none on ${name}`;
  return <span title={`${exact(Math.round(before))} on average`}>{said}{said === "as usual" ? "" : ` against ${name}`}</span>;
}

function latencies(series: TimeSeries | undefined, edges: readonly number[]): (number | null)[] {
  const points_ = series?.series.find((candidate) => candidate.metric === "p95_latency" && candidate.group === null)?.points ?? [];
  const out: (number | null)[] = new Array<number | null>(edges.length - 1).fill(null);
  for (const point of points_) {
    const index = bucketOf(edges, point.at);
    if (index >= 0) out[index] = point.value;
  }
  return out;
}
