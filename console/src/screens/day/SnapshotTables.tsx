import { isObject } from "../../api/decode";
import { duration, exact, percent } from "../../words/numbers";

/**
 * The snapshot as tables. It is shown as it was stored, member by member, so that nothing in it can be left out: single
 * values first, then each list or group as a table of its own.
 */
export function SnapshotTables({ snapshot }: { snapshot: Record<string, unknown> }) {
  const entries = Object.entries(snapshot);
  const single = entries.filter(([, value]) => !isObject(value) && !Array.isArray(value));
  const groups = entries.filter(([, value]) => isObject(value) || (Array.isArray(value) && value.length > 0));
  return (
    <div className="snapshot">
      {single.length > 0 && <Facts entries={single} />}
      {groups.map(([name, value]) => (
        <section key={name}><h3>{heading(name)}</h3><Group value={value} /></section>
      ))}
    </div>
  );
}

function Group({ value }: { value: unknown }) {
  if (Array.isArray(value)) {
    return value.every(isObject) ? <Rows rows={value as Record<string, unknown>[]} /> : <p className="snapshot-list number">{value.map((item, index) => <span key={index}>{cell("", item)}</span>)}</p>;
  }
  if (!isObject(value)) return <>{cell("", value)}</>;
  const entries = Object.entries(value);
  const scalars = entries.filter(([, part]) => !isObject(part) && !Array.isArray(part));
  const nested = entries.filter(([, part]) => isObject(part) || Array.isArray(part));
  const uniform = scalars.length === 0 && nested.length > 0 && nested.every(([, part]) => isObject(part) && Object.values(part).every((inner) => !isObject(inner) && !Array.isArray(inner)));
  if (uniform) return <Rows rows={nested.map(([name, part]) => ({ name, ...(part as Record<string, unknown>) }))} />;
  return (
    <>
      {scalars.length > 0 && <Facts entries={scalars} />}
      {nested.map(([name, part]) => <div className="snapshot-nested" key={name}><h4>{heading(name)}</h4><Group value={part} /></div>)}
    </>
  );
}

function Facts({ entries }: { entries: [string, unknown][] }) {
  return <dl className="facts snapshot-facts">{entries.map(([name, value]) => <div className="fact-row" key={name}><dt>{heading(name)}</dt><dd className="number">{cell(name, value)}</dd></div>)}</dl>;
}

function Rows({ rows }: { rows: Record<string, unknown>[] }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const numeric = new Set(columns.filter((column) => rows.every((row) => row[column] === null || row[column] === undefined || typeof row[column] === "number")));
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Snapshot table">
      <table className="table">
        <thead><tr>{columns.map((column) => <th key={column} scope="col" className={numeric.has(column) ? "right" : undefined}>{heading(column)}</th>)}</tr></thead>
        <tbody>{rows.map((row, index) => <tr key={index}>{columns.map((column) => <td key={column} className={numeric.has(column) ? "right number" : undefined}>{cell(column, row[column])}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

/** The unit is in the name: `_ms`, `_share`, `_rate`, `_micro_usd`. */
function cell(name: string, value: unknown): string {
  if (value === null || value === undefined) return "\u2013";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    if (/_ms$/.test(name)) return duration(value);
    if (/(share|rate)$/.test(name) && value >= 0 && value <= 1) return percent(value);
    return Number.isInteger(value) ? exact(value) : value.toFixed(2);
  }
  if (Array.isArray(value)) return value.map((item) => cell(name, item)).join(", ");
  return isObject(value) ? Object.entries(value).map(([key, part]) => `${key.replace(/_/g, " ")} ${cell(key, part)}`).join(", ") : String(value);
}

function heading(name: string): string {
  const words = name.replace(/_ms$/, "").replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
