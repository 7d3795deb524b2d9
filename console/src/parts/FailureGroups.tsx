import { TrendBars } from "../charts/Sparkline";
import type { FailureGroup, Failures } from "../api/analytics";
import { useScope } from "../state/project";
import { edgesThrough, nearestBucket } from "../state/buckets";
import { useHref } from "../state/useView";
import { Filters } from "../state/view";
import { counted, exact, percent, short } from "../words/numbers";
import { Moment } from "./Moment";
import { RowsWithin } from "./RowsLink";
import { Name } from "./Name";
import "./failures.css";

/** Failures by category, code and source, the largest first, each a link to its rows; of more than `shown`, how many there are. */
export function FailureGroups({ failures, wide = false, shown }: { failures: Failures; wide?: boolean; shown?: number }) {
  const { span, zone } = useScope();
  // Whether a try was the last permitted one is only known where somebody set a maximum of tries.
  const tries = wide && failures.groups.some((group) => (group.retry_outcomes?.exhausted ?? 0) > 0);
  const starts = failures.groups.flatMap((group) => group.trend.map((point) => point.at));
  const edges = edgesThrough(starts, span.from, span.to, span.granularity === "minute" ? "hour" : span.granularity, zone);
  const groups = failures.groups.slice(0, shown);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Failures by category and source">
      <table className={`table failure-table ${wide ? "failure-wide" : ""}`}>
        <thead>
          <tr>
            <th scope="col">Failure</th><th scope="col">Source</th>
            {wide && <th scope="col" className="failure-first">First seen</th>}
            <th scope="col" className="failure-last">Last seen</th>
            <th scope="col" className="failure-trend">Trend</th>
            {tries && <th scope="col" className="right failure-gave-up" title="Failed at the last permitted try">Gave up</th>}
            <th scope="col" className="right">Count</th><th scope="col" className="right failure-share">Share</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={`${group.category} ${group.code} ${group.source} ${group.channel}`}>
              <td className="failure-name">
                <RowsWithin className="failure-link" more={filtersOf(group)} title={`${group.category}: ${group.code}`}><code>{group.code}</code></RowsWithin>
                <span className="quieter failure-category">{group.category.replace(/_/g, " ")}</span>
              </td>
              <td className="quiet">{group.source === null ? "any" : <Name>{group.source}</Name>}</td>
              {wide && <td className="quiet failure-first">{group.first_seen === null ? "\u2013" : <Moment at={group.first_seen} />}</td>}
              <td className="quiet failure-last">{group.last_seen === null ? "\u2013" : <Moment at={group.last_seen} />}</td>
              <td className="failure-trend"><TrendBars values={trendOf(group, edges)} label={`Trend of ${group.code}`} /></td>
              {tries && <td className="right number quiet failure-gave-up">{gaveUp(group)}</td>}
              <td className="right number"><RowsWithin more={filtersOf(group)} title={exact(group.count)}>{short(group.count)}</RowsWithin></td>
              <td className="right number quiet failure-share">{group.share === null ? "\u2013" : percent(group.share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Rest failures={failures} shown={groups.length} />
    </div>
  );
}

/** What the list leaves out, in words: a list that ends without a word looks complete. */
function Rest({ failures, shown }: { failures: Failures; shown: number }) {
  const href = useHref();
  const { view } = useScope();
  const left = failures.total_failures - failures.groups.slice(0, shown).reduce((sum, group) => sum + group.count, 0);
  const groups = failures.groups.length - shown;
  if (left <= 0 || (groups <= 0 && !failures.page.has_more)) return null;
  const name = failures.page.has_more ? "more groups" : counted(groups, "more group");
  return <p className="quiet failure-rest">{view.screen === "failures" ? name : <a href={href({ screen: "failures", item: null, open: null })}>{name}</a>}, {counted(left, "failure")}</p>;
}

function filtersOf(group: FailureGroup): Filters {
  return { outcome: ["failure"], category: [group.category], code: [group.code], ...(group.source ? { source: [group.source] } : {}) };
}

/** At most this many columns fit into a trend; more are added up in neighbours. */
const TREND_COLUMNS_MAX = 32;

function trendOf(group: FailureGroup, edges: readonly number[]): number[] {
  const buckets = edges.length - 1;
  const merge = Math.max(1, Math.ceil(buckets / TREND_COLUMNS_MAX));
  const out = new Array<number>(Math.ceil(buckets / merge)).fill(0);
  for (const point of group.trend) {
    const index = nearestBucket(edges, point.at);
    if (index >= 0) out[Math.floor(index / merge)] = (out[Math.floor(index / merge)] ?? 0) + point.count;
  }
  return out;
}

/** The share that failed at the last permitted try. */
function gaveUp(group: FailureGroup): string {
  const outcomes = group.retry_outcomes;
  if (!outcomes || outcomes.exhausted === 0) return "\u2013";
  const total = outcomes.first_try + outcomes.recovered + outcomes.exhausted + outcomes.pending;
  return percent(outcomes.exhausted / total);
}
