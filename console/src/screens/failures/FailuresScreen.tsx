import { Bar } from "../../charts/Sparkline";
import { Empty } from "../../parts/Empty";
import { FailureGroups } from "../../parts/FailureGroups";
import { FailureHeat } from "../../parts/FailureHeat";
import { TableBones } from "../../parts/FunnelSteps";
import { Panel } from "../../parts/Panel";
import { RowsWithin } from "../../parts/RowsLink";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { failuresOf } from "../../state/questions";
import { useRowKeys } from "../../state/rowKeys";
import { rangeWords } from "../../state/range";
import { useAnswer } from "../../state/useAnswer";
import { useHref } from "../../state/useView";
import { counted, exact, percent, short } from "../../words/numbers";

/** What fails, where from, and since when? */
export function FailuresScreen() {
  const scope = useScope();
  const now = useNow(60_000);
  const href = useHref();
  useRowKeys(".failure-table", "Open the attempts of the row");
  const failures = useAnswer(failuresOf(scope), scope.live);
  const covers = rangeWords(scope.view.range, scope.zone, now);
  const outcomes = scope.view.filters.outcome ?? [];
  const successesAlone = outcomes.length > 0 && !outcomes.includes("failure");
  const none = successesAlone
    ? <Empty title="The filter asks for successes alone"><p>None of them has failed. Without the filter for the outcome, failures appear here.</p></Empty>
    : <Empty title="No failures in this range"><p>When an attempt fails, its category, code, source and trend appear here.</p></Empty>;
  const data = failures.data;
  const top = data?.groups[0];
  const ofTop = top ? { outcome: ["failure"], category: [top.category], code: [top.code], ...(top.source ? { source: [top.source] } : {}) } : {};
  return (
    <>
      <h1>Failures</h1>
      {data && data.total_failures > 0 && (
        <p className="sentence">
          <RowsWithin more={{ outcome: ["failure"] }} title={exact(data.total_failures)}>{counted(data.total_failures, "failure")}</RowsWithin>{data.total_attempts !== null && <> among <RowsWithin without={["outcome", "category", "code"]} title={exact(data.total_attempts)}>{counted(data.total_attempts, "attempt")}</RowsWithin></>}{data.failure_share !== null && <>, {percent(data.failure_share)}</>}.{" "}
          {top && <>The largest group: <RowsWithin className="bad" more={ofTop}><code>{top.code}</code></RowsWithin>{top.source && <> from {top.source}</>}, <RowsWithin more={ofTop} title={exact(top.count)}>{counted(top.count, "time")}</RowsWithin>.</>}
        </p>
      )}
      <div className="stack screen-stack">
        <Panel title="By category" note={covers} resource={failures} skeleton={<TableBones rows={4} />} isEmpty={(found) => found.by_category.length === 0} empty={none}>
          {(found) => {
            const most = Math.max(...found.by_category.map((row) => row.count), 1);
            return (
              <table className="table categories">
                <thead><tr><th scope="col">Category</th><th scope="col" className="channel-bar"><span className="unseen">Share</span></th><th scope="col" className="right">Count</th><th scope="col" className="right">Share</th></tr></thead>
                <tbody>
                  {[...found.by_category].sort((one, other) => other.count - one.count).map((row) => (
                    <tr key={row.category}>
                      <td><a href={href({ screen: "failures", filters: { ...scope.view.filters, category: [row.category] } })}>{row.category.replace(/_/g, " ")}</a></td>
                      <td className="channel-bar"><Bar share={row.count / most} tone="bad" /></td>
                      <td className="right number"><RowsWithin more={{ outcome: ["failure"], category: [row.category] }} title={exact(row.count)}>{short(row.count)}</RowsWithin></td>
                      <td className="right number quiet">{found.total_failures > 0 ? percent(row.count / found.total_failures) : "\u2013"}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            );
          }}
        </Panel>
        <Panel title="When" note="category and source" resource={failures} skeleton={<TableBones rows={5} />} isEmpty={(found) => found.heat.length === 0} empty={none}>
          {(found) => <FailureHeat failures={found} />}
        </Panel>
        <Panel title="Groups" note="code and source, largest first" resource={failures} skeleton={<TableBones rows={10} />} isEmpty={(found) => found.groups.length === 0} empty={none}>
          {(found) => <FailureGroups failures={found} wide />}
        </Panel>
      </div>
    </>
  );
}
