import type { Overview, TimeSeries } from "../../api/analytics";
import { Sparkline } from "../../charts/Sparkline";
import { Figure, FigureBones } from "../../parts/Figure";
import { Boundary, Waiting } from "../../parts/Panel";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { bucketOf, hoursOfDay, nearestBucket } from "../../state/buckets";
import { narrowed } from "../../state/narrowing";
import { dayRange } from "../../state/questions";
import { rowsWithin } from "../../state/rows";
import { Filters } from "../../state/view";
import { Resource } from "../../state/useAnswer";
import { useHref } from "../../state/useView";
import { change, duration, exact, percent, points, short } from "../../words/numbers";
import { dayWords } from "../../words/times";
import { baseline } from "./baseline";

/** Four figures of the day: attempts, leads, share that succeeded, p95 latency. */
export function Figures({ overview, series }: { overview: Resource<Overview>; series: Resource<TimeSeries> }) {
  const { data, failure } = overview;
  if (!data) return failure ? null : <Waiting><FigureBones /></Waiting>;
  return <Boundary version={overview.arrivedAt}>{() => <Loaded data={data} series={series.data} />}</Boundary>;
}

function Loaded({ data, series }: { data: Overview; series: TimeSeries | undefined }) {
  const { zone, span, view, today } = useScope();
  const href = useHref();
  const now = useNow(60_000);
  const edges = hoursOfDay(data.date, zone);
  const filling = data.is_today ? bucketOf(edges, now) : null;
  const until = <T,>(values: readonly T[]) => (filling === null || filling < 0 ? values : values.slice(0, filling + 1));
  const base = baseline(data);
  const hours = edges.length - 1;
  const spark = { filling, length: hours };
  const byHour = hours === 24 ? "by hour" : `by hour, ${hours} of them: the clocks change on this day`;
  const shares = data.spark.leads.map((leads, hour) => {
    const attempts = data.spark.attempts[hour] ?? 0;
    return attempts > 0 ? leads / attempts : null;
  });
  const latency = span.date === data.date ? latencies(series, edges) : [];
  // The figures are the day's, whatever the range: so are their rows.
  const range = dayRange(data.date, data.is_today);
  const rows = (more: Filters = {}) => {
    const found = rowsWithin(view, more, { range });
    return found ? href(found) : undefined;
  };
  const named = (label: string) => (span.date === data.date ? label : `${label} ${data.is_today ? "today" : dayWords(data.date, today)}`);
  const nothing = narrowed(view) ? "days before are not narrowed" : "too little before to compare";
  const versus = (now: number, before: number | undefined) => {
    if (before === undefined || !base) return nothing;
    const said = change(now, before);
    if (said === null) return `none on ${base.short}`;
    return <span title={`${exact(Math.round(before))} on average${base.condition}`}>{said}{said === "as usual" ? base.condition : ` against ${base.short}${base.condition}`}</span>;
  };
  const shareChange = base && base.success_share !== null && data.today.success_share !== null ? points(data.today.success_share, base.success_share) : null;
  return (
    <div className="figures">
      <Figure label={named("Attempts")} value={short(data.today.attempts)} exactly={exact(data.today.attempts)} href={rows()} comparison={versus(data.today.attempts, base?.attempts)}>
        <Sparkline values={until(data.spark.attempts)} {...spark} label={`Attempts ${byHour}`} />
      </Figure>
      <Figure label={named("Leads")} value={short(data.today.leads)} exactly={exact(data.today.leads)} href={rows({ outcome: ["success"] })} comparison={versus(data.today.leads, base?.leads)}>
        <Sparkline values={until(data.spark.leads)} {...spark} label={`Leads ${byHour}`} />
      </Figure>
      <Figure label={named("Succeeded")} value={data.today.success_share === null ? "\u2013" : percent(data.today.success_share)} href={data.today.success_share === null ? undefined : rows({ outcome: ["success"] })}
        comparison={shareChange && base ? <><span className={shareChange.value <= -3 ? "bad" : undefined}>{shareChange.value === 0 ? "the same as" : `${shareChange.text} ${shareChange.value < 0 ? "below" : "above"}`}</span> {base.short}{base.condition}</> : nothing}>
        <Sparkline values={until(shares)} {...spark} label={`Share that succeeded, ${byHour}`} />
      </Figure>
      <Figure label={named("p95 latency")} value={data.today.p95_latency_ms === null ? "\u2013" : duration(data.today.p95_latency_ms)} comparison="19 in 20 are faster">
        <Sparkline values={until(latency)} {...spark} label={`95th percentile of latency ${byHour}`} />
      </Figure>
    </div>
  );
}

function latencies(series: TimeSeries | undefined, edges: readonly number[]): (number | null)[] {
  const points_ = series?.series.find((candidate) => candidate.metric === "p95_latency" && candidate.group === null)?.points ?? [];
  const out: (number | null)[] = new Array<number | null>(edges.length - 1).fill(null);
  for (const point of points_) {
    const index = nearestBucket(edges, point.at);
    if (index >= 0) out[index] = point.value;
  }
  return out;
}
