import { ReactNode, useState } from "react";
import { ChartFrame } from "../../charts/ChartFrame";
import { Bar, TrendBars } from "../../charts/Sparkline";
import { TimeColumns } from "../../charts/TimeColumns";
import { timeAxis } from "../../charts/axis";
import { CopyId } from "../../parts/Copy";
import { Name } from "../../parts/Name";
import { RowsLink } from "../../parts/RowsLink";
import { endOfHour } from "../../state/buckets";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { go } from "../../state/useView";
import { codeWords } from "../../words/verdict";
import { counted, duration, exact, percent, short } from "../../words/numbers";
import type { GroupRow, Groups, Snapshot } from "./snapshot";

const PARTS = [{ name: "Succeeded", tone: "good" }, { name: "Failed", tone: "bad" }] as const;

/** The day's hours; a column opens its attempts. The hour of an open day that goes on is hatched, those to come are empty. */
export function Hours({ snapshot, open }: { snapshot: Snapshot; open: boolean }) {
  const { zone, today } = useScope();
  const now = useNow(60_000);
  const axis = timeAxis(zone, today);
  const rows = snapshot.by_hour;
  const columns = rows.map((row, index) => ({
    from: row.starts_at, to: rows[index + 1]?.starts_at ?? endOfHour(row.starts_at, zone), before: null,
    values: open && row.starts_at > now ? [null, null] : [row.successes, row.failures],
  }));
  return (
    <ChartFrame name="attempts-by-hour" legend={<span className="legend">{PARTS.map((part) => <span key={part.name}><i className={`key key-${part.tone}`} />{part.name}</span>)}</span>}
      table={() => ({ columns: ["Hour", "Succeeded", "Failed"], rows: columns.map((column) => [axis.words(column.from, column.to), ...column.values]) })}>
      <TimeColumns columns={columns} parts={PARTS} axis={axis} beforeName={null} fillingFrom={open ? now : null} label={`Attempts by hour: ${exact(snapshot.attempts.successes)} succeeded, ${exact(snapshot.attempts.failures)} failed`}
        onPick={(column) => go({ screen: "attempts", item: null, open: null, filters: {}, words: "", range: { kind: "span", from: column.from, to: column.to } })} />
    </ChartFrame>
  );
}

/** Sources or channels: how many, how many failed, how fast, and when. */
export function GroupTable({ groups, field, date, label }: { groups: Groups; field: "source" | "channel"; date: string; label: string }) {
  const most = Math.max(...groups.rows.map((row) => row.attempts), 1);
  const withHours = groups.rows.some((row) => row.by_hour.length > 0);
  const line = (row: GroupRow, linked: boolean) => {
    const link = (filter: Record<string, string>, children: ReactNode) => (linked ? <RowsLink filter={{ [field]: row.name, ...filter }} date={date}>{children}</RowsLink> : children);
    return (
      <tr key={row.name}>
        <td>{linked ? <Name>{row.name}</Name> : <span className="quiet">other</span>}</td>
        <td className="group-bar"><Bar share={row.attempts / most} /></td>
        <td className="right number">{link({}, short(row.attempts))}</td>
        <td className="right number">{link({ outcome: "success" }, short(row.successes))}</td>
        <td className="right number">{link({ outcome: "failure" }, short(row.failures))}</td>
        <td className="right number">{row.failure_share === null ? "\u2013" : percent(row.failure_share)}</td>
        <td className="right number quiet day-wide">{row.p95_ms === null ? "\u2013" : duration(row.p95_ms)}</td>
        {withHours && <td className="day-wide">{row.by_hour.length > 0 && <TrendBars values={row.by_hour} tone="good" label={`${row.name} through the day`} />}</td>}
      </tr>
    );
  };
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className="table day-table">
        <thead><tr><th scope="col">{field === "source" ? "Source" : "Channel"}</th><th scope="col" className="group-bar"><span className="unseen">Share of the largest</span></th><th scope="col" className="right">Attempts</th><th scope="col" className="right">Leads</th><th scope="col" className="right">Failures</th><th scope="col" className="right">Failed</th><th scope="col" className="right day-wide">p95</th>{withHours && <th scope="col" className="day-wide">Through the day</th>}</tr></thead>
        <tbody>{groups.rows.map((row) => line(row, true))}{groups.other && line(groups.other, false)}</tbody>
      </table>
      {groups.distinct > groups.rows.length && <p className="quieter">{exact(groups.distinct)} in all.</p>}
    </div>
  );
}

const CODES_SHOWN = 8;
const FIELDS_SHOWN = 2;

/** Why attempts failed: category and code, from which sources, at which fields. */
export function FailureTable({ snapshot, date }: { snapshot: Snapshot; date: string }) {
  const [all, showAll] = useState(false);
  const codes = snapshot.by_code;
  const most = Math.max(...codes.map((row) => row.count), 1);
  const shown = all ? codes : codes.slice(0, CODES_SHOWN);
  const sourcesOf = (code: string) => snapshot.by_source_and_code.filter((row) => row.code === code).sort((one, other) => other.count - one.count);
  const fieldsOf = (code: string) => [...new Set(snapshot.field_errors.filter((row) => row.code === code).map((row) => row.pointer))];
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Failures by code">
      <table className="table day-table day-failures">
        <thead><tr><th scope="col">Code</th><th scope="col" className="group-bar"><span className="unseen">Share of the largest</span></th><th scope="col" className="right">Count</th><th scope="col" className="right day-share">Share</th><th scope="col">From</th></tr></thead>
        <tbody>
          {shown.map((row) => (
            <tr key={`${row.category} ${row.code}`}>
              <td className="day-code" title={codeWords(row.code)}>
                <code>{row.code}</code>
                <span className="quieter day-where">{row.category.replace(/_/g, " ")}<Pointers pointers={fieldsOf(row.code)} /></span>
              </td>
              <td className="group-bar"><Bar share={row.count / most} tone="bad" /></td>
              <td className="right number"><RowsLink filter={{ outcome: "failure", error_category: row.category, error_code: row.code }} date={date}>{short(row.count)}</RowsLink></td>
              <td className="right number quiet day-share">{row.share_of_failures === null ? "\u2013" : percent(row.share_of_failures)}</td>
              <td className="day-sources">{sourcesOf(row.code).slice(0, 3).map((source, index) => (
                <span key={source.source}>{index > 0 && ", "}<Name>{source.source}</Name>{"\u00a0"}<RowsLink filter={{ outcome: "failure", error_code: row.code, source: source.source }} date={date}>{short(source.count)}</RowsLink></span>
              ))}{sourcesOf(row.code).length > 3 && <span className="quieter">, {sourcesOf(row.code).length - 3} more</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {codes.length > shown.length && <button type="button" className="button button-plain button-small" onClick={() => showAll(true)}>{codes.length - shown.length} more<span className="unseen"> codes</span></button>}
    </div>
  );
}

/** " at /user/phone, /user/email and 2 more" */
function Pointers({ pointers }: { pointers: readonly string[] }) {
  if (pointers.length === 0) return null;
  const more = pointers.length - FIELDS_SHOWN;
  return <>{pointers.slice(0, FIELDS_SHOWN).map((pointer, index) => <span key={pointer}>{index === 0 ? " at " : ", "}<code>{pointer}</code></span>)}{more > 0 && ` and ${more} more`}</>;
}

const PEOPLE_SHOWN = 5;
const KEYS_SHOWN = 5;

/** Whether few people make most of the attempts. */
export function Concentration({ snapshot, date }: { snapshot: Snapshot; date: string }) {
  const { users, attempts, keys } = snapshot;
  const rest = 1 - (users.top_ten_share ?? 0);
  return (
    <>
      <p className="quiet">
        {counted(users.distinct, "person", "people")} made {counted(attempts.attempts, "attempt")}{users.distinct > 0 && <>, {(attempts.attempts / users.distinct).toFixed(1)} each</>}.
        {users.top_ten_share !== null && <> The ten most active made {percent(users.top_ten_share)}.</>}
        {users.anonymous_attempts > 0 && <> {counted(users.anonymous_attempts, "attempt")} named nobody.</>}
      </p>
      {users.top_ten_share !== null && users.distinct > 10 && (
        <svg className="concentration" width="100%" height="10" role="img" aria-label={`The most active person ${percent(users.top_share ?? 0)}, the ten most active ${percent(users.top_ten_share)}, all others ${percent(rest)}`}>
          <rect className="concentration-rest" width="100%" height="10" rx="2" /><rect className="concentration-ten" width={`${users.top_ten_share * 100}%`} height="10" /><rect className="concentration-one" width={`${(users.top_share ?? 0) * 100}%`} height="10" />
        </svg>
      )}
      {users.top.length > 0 && (
        <table className="table day-table">
          <thead><tr><th scope="col">Most active</th><th scope="col" className="right">Attempts</th><th scope="col" className="right">Failures</th><th scope="col" className="right">Share</th></tr></thead>
          <tbody>{users.top.slice(0, PEOPLE_SHOWN).map((user) => (
            <tr key={user.user_id}>
              <td><CopyId id={user.user_id} /></td>
              <td className="right number"><RowsLink filter={{ user_id: user.user_id }} date={date}>{exact(user.attempts)}</RowsLink></td>
              <td className="right number"><RowsLink filter={{ user_id: user.user_id, outcome: "failure" }} date={date}>{exact(user.failures)}</RowsLink></td>
              <td className="right number quiet">{user.share === null ? "\u2013" : percent(user.share)}</td>
            </tr>
          ))}</tbody>
        </table>
      )}
      {keys && keys.rows.length > 0 && (
        <table className="table day-table">
          <thead><tr><th scope="col">Keys, most failures first</th><th scope="col" className="right">Attempts</th><th scope="col" className="right">Failures</th><th scope="col" className="right">Of all failures</th></tr></thead>
          <tbody>{keys.rows.slice(0, KEYS_SHOWN).map((key) => (
            <tr key={key.key_id}>
              <td><CopyId id={key.key_id} /></td>
              <td className="right number"><RowsLink filter={{ key_id: key.key_id }} date={date}>{exact(key.attempts)}</RowsLink></td>
              <td className="right number"><RowsLink filter={{ key_id: key.key_id, outcome: "failure" }} date={date}>{exact(key.failures)}</RowsLink></td>
              <td className="right number quiet">{key.share_of_failures === null ? "\u2013" : percent(key.share_of_failures)}</td>
            </tr>
          ))}</tbody>
        </table>
      )}
    </>
  );
}
