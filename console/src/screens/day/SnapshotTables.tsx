import { useState } from "react";
import { isObject } from "../../api/decode";
import { ChartFrame } from "../../charts/ChartFrame";
import { Bar, TrendBars } from "../../charts/Sparkline";
import { TimeColumns } from "../../charts/TimeColumns";
import { timeAxis } from "../../charts/axis";
import { Moment } from "../../parts/Moment";
import { endOfHour } from "../../state/buckets";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { exact } from "../../words/numbers";
import { cell, heading, numberOf } from "./snapshotWords";

type Members = Record<string, unknown>;

/** Members in the order in which they answer "what happened?"; what is not named here follows after them. */
const ORDER = ["attempts", "leads", "latency", "retries", "users", "by_hour", "by_source", "by_channel", "by_category", "by_code", "by_source_and_code", "field_errors", "events", "comparison"];
const TITLES: Record<string, string> = {
  attempts: "Attempts", latency: "Latency of attempts", by_hour: "By hour", by_source: "By source", by_channel: "By channel", by_category: "Failures by category",
  by_code: "Failures by code", by_source_and_code: "Failures by source and code", field_errors: "Fields that were refused", events: "Events", comparison: "The days it is compared with",
};
/** Shown as a bar or a trend, or of no use to a reader. */
const LEFT_OUT = new Set(["starts_at", "first_sequence", "last_sequence", "project_id"]);

/**
 * The snapshot as tables, member by member as it was stored, so that nothing in it is left out: single values first, then
 * each group as a table of its own, and the whole text at the end.
 */
export function SnapshotTables({ snapshot, open = false }: { snapshot: Members; open?: boolean }) {
  const entries = Object.entries(snapshot).sort(([one], [other]) => rank(one) - rank(other));
  const single = entries.filter(([name, value]) => name !== "leads" && !isObject(value) && !Array.isArray(value));
  const groups = entries.filter(([, value]) => (isObject(value) || Array.isArray(value)) && !silent(value));
  const { leads, attempts } = snapshot;
  return (
    <div className="snapshot">
      {groups.map(([name, value]) => (
        <section key={name}><h3>{TITLES[name] ?? heading(name)}</h3>{name === "by_hour" ? <Hours rows={value} open={open} /> : <Group name={name} value={name === "attempts" && isObject(attempts) && leads !== undefined ? { ...attempts, leads } : value} />}</section>
      ))}
      {single.length > 0 && <section><h3>About this snapshot</h3><Facts entries={single} /></section>}
      <details className="snapshot-raw"><summary>As stored</summary><pre tabIndex={0}>{JSON.stringify(snapshot, null, 2)}</pre></details>
    </div>
  );
}

function rank(name: string): number {
  const found = ORDER.indexOf(name);
  return found < 0 ? ORDER.length : found;
}

const HOUR_PARTS = [{ name: "Succeeded", tone: "good" }, { name: "Failed", tone: "bad" }] as const;

/** The day's hours as a chart, with the table behind it. */
function Hours({ rows, open }: { rows: unknown; open: boolean }) {
  const { zone, today } = useScope();
  const now = useNow(60_000);
  const list = Array.isArray(rows) ? rows.filter(isObject) : [];
  const starts = list.map((row) => Date.parse(String(row["starts_at"])));
  const first = starts[0];
  if (first === undefined || starts.some(Number.isNaN) || starts.some((start, index) => index > 0 && start <= (starts[index - 1] ?? start))) {
    return <Rows label={TITLES["by_hour"] ?? ""} rows={list.filter((row) => (numberOf(row["attempts"]) ?? 0) > 0)} />;
  }
  const columns = list.map((row, index) => ({
    from: starts[index] ?? first, to: starts[index + 1] ?? endOfHour(starts[index] ?? first, zone), before: null,
    values: open && (starts[index] ?? first) > now ? [null, null] : [numberOf(row["successes"]), numberOf(row["failures"])],
  }));
  const axis = timeAxis(zone, today);
  return (
    <ChartFrame name="attempts-by-hour" legend={<span className="legend">{HOUR_PARTS.map((part) => <span key={part.name}><i className={`key key-${part.tone}`} />{part.name}</span>)}</span>}
      table={() => ({ columns: ["Hour", "Succeeded", "Failed"], rows: columns.map((column) => [axis.words(column.from, column.to), ...column.values]) })}>
      <TimeColumns columns={columns} parts={HOUR_PARTS} axis={axis} beforeName={null} fillingFrom={open ? now : null} label="Attempts by hour" />
    </ChartFrame>
  );
}

function Group({ name, value }: { name: string; value: unknown }): JSX.Element {
  if (Array.isArray(value)) {
    return value.every(isObject) ? <Rows label={TITLES[name] ?? heading(name)} rows={value as Members[]} /> : <p className="snapshot-list number">{value.map((item, index) => <span key={index}>{cell(name, item)}</span>)}</p>;
  }
  if (!isObject(value)) return <>{cell(name, value)}</>;
  // Groups with a rest: {rows, distinct, other}.
  const { rows, other, distinct, ...more } = value;
  if (Array.isArray(rows) && rows.every(isObject)) {
    const all = isObject(other) ? [...rows, other] : rows;
    return <><Rows label={TITLES[name] ?? heading(name)} rows={all} />{typeof distinct === "number" && distinct > rows.length && <p className="quieter">{exact(distinct)} in all.</p>}{Object.keys(more).length > 0 && <Group name={name} value={more} />}</>;
  }
  const members = Object.entries(value);
  const single = members.filter(([, part]) => !isObject(part) && !Array.isArray(part));
  const nested = members.filter(([, part]) => isObject(part) || (Array.isArray(part) && part.length > 0));
  return (
    <>
      {single.length > 0 && <Facts entries={single} />}
      {nested.map(([inner, part]) => <div className="snapshot-nested" key={inner}><h4>{heading(inner)}</h4><Group name={inner} value={part} /></div>)}
    </>
  );
}

function Facts({ entries }: { entries: [string, unknown][] }) {
  const shown = entries.filter(([name]) => !LEFT_OUT.has(name)).sort(([one], [other]) => order(one) - order(other));
  return <dl className="snapshot-facts">{shown.map(([name, value]) => <div key={name}><dt>{heading(name)}</dt><dd className="number"><Cell name={name} value={value} /></dd></div>)}</dl>;
}

const ROWS_SHOWN = 8;

function Rows({ label, rows }: { label: string; rows: Members[] }) {
  const [all, showAll] = useState(rows.length <= ROWS_SHOWN + 2);
  if (rows.length === 0) return <p className="quieter">None.</p>;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) => !LEFT_OUT.has(column)).sort((one, other) => Number(isTrend(rows, one)) - Number(isTrend(rows, other)) || order(one) - order(other));
  const numeric = new Set(columns.filter((column) => column !== "hour" && rows.every((row) => row[column] === null || row[column] === undefined || numberOf(row[column]) !== null)));
  const lead = columns.find((column) => column === "attempts" || column === "count" || column === "events");
  const most = lead ? Math.max(...rows.map((row) => numberOf(row[lead]) ?? 0), 1) : 1;
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
      <table className="table">
        <thead><tr>{columns.map((column) => <th key={column} scope="col" className={numeric.has(column) ? "right" : undefined}>{isTrend(rows, column) ? "Through the day" : heading(column)}</th>)}{lead && <th scope="col"><span className="unseen">Share of the largest</span></th>}</tr></thead>
        <tbody>
          {rows.slice(0, all ? rows.length : ROWS_SHOWN).map((row, index) => (
            <tr key={index}>
              {columns.map((column) => <td key={column} className={numeric.has(column) ? "right number" : undefined}>{isTrend(rows, column) ? <Trend value={row[column]} /> : <Cell name={column} value={row[column]} />}</td>)}
              {lead && <td className="snapshot-bar"><Bar share={(numberOf(row[lead]) ?? 0) / most} tone={lead === "count" ? "bad" : "plain"} /></td>}
            </tr>
          ))}
        </tbody>
      </table>
      {!all && <button type="button" className="button button-plain button-small" onClick={() => showAll(true)}>{rows.length - ROWS_SHOWN} more<span className="unseen"> of {label}</span></button>}
    </div>
  );
}

/** Times in the project's zone, all else in words. */
function Cell({ name, value }: { name: string; value: unknown }) {
  const at = typeof value === "string" && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? <>{cell(name, value)}</> : <Moment at={at} seconds />;
}

function isTrend(rows: readonly Members[], column: string): boolean {
  return column === "by_hour" && rows.some((row) => Array.isArray(row[column]));
}

function Trend({ value }: { value: unknown }) {
  return Array.isArray(value) ? <TrendBars values={value.map((item) => numberOf(item) ?? 0)} label="Through the day" /> : null;
}

const NAMES_FIRST = ["name", "source", "date", "hour", "user_id", "category", "pointer", "code", "type", "attempt", "attempts", "leads", "count", "events", "received", "stored", "distinct", "successes", "first_try", "recovered", "failures"];

/** Names first, then counts, then shares, then times: the canonical text sorts its members by the alphabet. */
function order(column: string): number {
  const named = NAMES_FIRST.indexOf(column);
  if (named >= 0) return named;
  return NAMES_FIRST.length + (/(share|rate)/.test(column) ? 1 : /_ms/.test(column) ? (column.startsWith("max") ? 3 : 2) : /_at$/.test(column) ? 4 : 0);
}

/** Whether a group says nothing: every member is null or empty. */
function silent(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(silent);
}
