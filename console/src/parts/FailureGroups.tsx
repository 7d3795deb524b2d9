import { TrendBars } from "../charts/Sparkline";
import type { FailureGroup, Failures } from "../api/analytics";
import { useScope } from "../state/project";
import { bucketOf, edgesOf } from "../state/buckets";
import { useHref } from "../state/useView";
import { exact, percent, short } from "../words/numbers";
import { Moment } from "./Moment";
import "./failures.css";

/** Failures by category, code and source, the largest first, each a link to its rows. */
export function FailureGroups({ failures, wide = false }: { failures: Failures; wide?: boolean }) {
  const { span, zone } = useScope();
  const href = useHref();
  const edges = edgesOf(span.from, span.to, span.granularity === "minute" ? "hour" : span.granularity, zone);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Failures by category and source">
      <table className={`table failure-table ${wide ? "failure-wide" : ""}`}>
        <thead>
          <tr>
            <th scope="col">Failure</th><th scope="col">Source</th>
            {wide && <th scope="col">First seen</th>}
            <th scope="col" className={wide ? undefined : "failure-last"}>Last seen</th>
            <th scope="col" className="failure-trend">Trend</th>
            {wide && <th scope="col" className="right" title="Failed at the last permitted try">Gave up</th>}
            <th scope="col" className="right">Count</th><th scope="col" className="right failure-share">Share</th>
          </tr>
        </thead>
        <tbody>
          {failures.groups.map((group) => (
            <tr key={`${group.category} ${group.code} ${group.source} ${group.channel}`}>
              <td className="failure-name">
                <a title={`${group.category}: ${group.code}`} href={href({ screen: "attempts", item: null, open: null, filters: { outcome: ["failure"], category: [group.category], code: [group.code], ...(group.source ? { source: [group.source] } : {}) } })}>
                  <code>{group.code}</code>
                </a>
                <span className="quieter failure-category">{group.category.replace(/_/g, " ")}</span>
              </td>
              <td className="quiet">{group.source ?? "any"}</td>
              {wide && <td className="quiet">{group.first_seen === null ? "\u2013" : <Moment at={group.first_seen} />}</td>}
              <td className={`quiet ${wide ? "" : "failure-last"}`}>{group.last_seen === null ? "\u2013" : <Moment at={group.last_seen} />}</td>
              <td className="failure-trend"><TrendBars values={trendOf(group, edges)} label={`Trend of ${group.code}`} /></td>
              {wide && <td className="right number quiet">{gaveUp(group)}</td>}
              <td className="right number" title={exact(group.count)}>{short(group.count)}</td>
              <td className="right number quiet failure-share">{group.share === null ? "\u2013" : percent(group.share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** At most this many columns fit into a trend; more are added up in neighbours. */
const TREND_COLUMNS_MAX = 32;

function trendOf(group: FailureGroup, edges: readonly number[]): number[] {
  const buckets = edges.length - 1;
  const merge = Math.max(1, Math.ceil(buckets / TREND_COLUMNS_MAX));
  const out = new Array<number>(Math.ceil(buckets / merge)).fill(0);
  for (const point of group.trend) {
    const index = bucketOf(edges, point.at);
    if (index >= 0) out[Math.floor(index / merge)] = (out[Math.floor(index / merge)] ?? 0) + point.count;
  }
  return out;
}

/** The share that failed at the last permitted try. */
function gaveUp(group: FailureGroup): string {
  const outcomes = group.retry_outcomes;
  if (!outcomes) return "\u2013";
  const total = outcomes.first_try + outcomes.recovered + outcomes.exhausted + outcomes.pending;
  return total === 0 ? "\u2013" : percent(outcomes.exhausted / total);
}
