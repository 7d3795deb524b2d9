import { ReactNode, memo, useEffect, useRef } from "react";
import type { Attempt } from "../../api/attempts";
import { Icon } from "../../parts/Icon";
import { Menu } from "../../parts/Menu";
import { Moment } from "../../parts/Moment";
import { Name } from "../../parts/Name";
import { OutcomeMark } from "../../parts/Outcome";
import { useNow } from "../../state/now";
import { prefer, usePreferences } from "../../state/preferences";
import { useScope } from "../../state/project";
import { focusRow } from "../../state/rowKeys";
import { useHref } from "../../state/useView";
import { duration, shortId } from "../../words/numbers";
import { inZone } from "../../words/times";
import { messageWords } from "../../words/verdict";
import type { MoreRows } from "./useRows";

interface ColumnKind {
  key: string;
  name: string;
  right?: boolean;
  cell: (row: Attempt) => ReactNode;
}

const none = <span className="quieter">{"\u2013"}</span>;

const COLUMNS: ColumnKind[] = [
  { key: "time", name: "Received", cell: (row) => <Moment at={row.received_at} seconds /> },
  { key: "outcome", name: "Outcome", cell: (row) => <OutcomeMark outcome={row.outcome} /> },
  { key: "reason", name: "Reason", cell: (row) => row.failure_code ? <><code>{row.failure_code}</code> <Why row={row} /></> : row.lead_id ? <span className="quiet mono" title={row.lead_id}>{shortId(row.lead_id)}</span> : none },
  { key: "source", name: "Source", cell: (row) => <Name>{row.source}</Name> },
  { key: "channel", name: "Channel", cell: (row) => row.channel ? <span className="quiet"><Name>{row.channel}</Name></span> : none },
  { key: "user", name: "User", cell: (row) => row.user_id ? <span className="quiet mono" title={row.user_id}>{shortId(row.user_id, 8, 4)}</span> : none },
  { key: "try", name: "Try", right: true, cell: (row) => <span className={row.retry_attempt > 1 ? undefined : "quieter"}>{row.retry_attempt}</span> },
  { key: "took", name: "Took", right: true, cell: (row) => row.duration_ms === null ? none : <span className="quiet">{duration(row.duration_ms)}</span> },
  { key: "sequence", name: "No.", right: true, cell: (row) => <span className="quieter">{row.sequence}</span> },
];

function Why({ row }: { row: Attempt }) {
  const { zone } = useScope();
  const now = useNow(60_000);
  const told = inZone(messageWords(row.failure_message) ?? row.failure_category?.replace(/_/g, " ") ?? "", zone, now);
  return <span className="quieter reason-category" title={told}>{told}</span>;
}

const TABLE = "attempts";

export function AttemptsTable({ rows, selected, onSelect, onOpen, more }: { rows: readonly Attempt[]; selected: string | null; onSelect: (id: string) => void; onOpen: (row: Attempt) => void; more: MoreRows }) {
  const { hidden } = usePreferences();
  const columns = COLUMNS.filter((column) => !(hidden[TABLE] ?? []).includes(column.key));
  return (
    <>
      <p className={more.waiting > 0 ? "attempts-waiting" : "unseen"} role="status">
        {more.waiting > 0 && <button type="button" className="button button-small" onClick={() => { more.letIn(); window.scrollTo(0, 0); }}>{more.moreCame ? `${more.waiting} and more` : more.waiting} new {more.waiting === 1 ? "attempt" : "attempts"}</button>}
      </p>
      <div className="attempts-scroll">
        <table className="table rows attempts-table">
          <caption className="unseen">Attempts, newest first</caption>
          <thead><tr>{columns.map((column) => <th key={column.key} scope="col" className={`${column.right ? "right" : ""} attempts-${column.key}`}>{column.name}</th>)}</tr></thead>
          <tbody onFocus={(event) => { const id = event.target.closest("tr")?.dataset["row"]; if (id) onSelect(id); }}>
            {rows.map((row) => <Row key={row.attempt_id} row={row} columns={columns} selected={row.attempt_id === selected} onOpen={onOpen} />)}
          </tbody>
        </table>
      </div>
      <More more={more} count={rows.length} />
    </>
  );
}

const Row = memo(function Row({ row, columns, selected, onOpen }: { row: Attempt; columns: ColumnKind[]; selected: boolean; onOpen: (row: Attempt) => void }) {
  const href = useHref();
  return (
    <tr data-row={row.attempt_id} aria-current={selected ? "true" : undefined} onClick={(event) => {
      if (event.defaultPrevented || window.getSelection()?.toString()) return;
      event.preventDefault();
      // What opens gives the focus back to the row, not to the page.
      focusRow(event.currentTarget);
      onOpen(row);
    }}>
      {columns.map((column, index) => (
        <td key={column.key} className={`${column.right ? "right number" : ""} attempts-${column.key}`}>
          {index === 0
            ? <a className="row-link" href={href({ open: row.attempt_id })} onClick={(event) => { if (event.metaKey || event.ctrlKey) event.stopPropagation(); }}>{column.cell(row)}<span className="unseen"> open attempt {row.sequence}</span></a>
            : column.cell(row)}
        </td>
      ))}
    </tr>
  );
}, (before, after) => before.row === after.row && before.selected === after.selected && before.onOpen === after.onOpen && before.columns.length === after.columns.length);

/** Loads the next page when the end of the list comes near; the button is for the keyboard, and for after a failure. */
function More({ more, count }: { more: MoreRows; count: number }) {
  const end = useRef<HTMLDivElement>(null);
  const load = useRef(more.loadMore);
  load.current = more.loadMore;
  const ready = more.hasMore && !more.failure;
  useEffect(() => {
    const target = end.current;
    if (!target || !ready) return undefined;
    const observer = new IntersectionObserver((entries) => { if (entries.some((entry) => entry.isIntersecting)) load.current(); }, { rootMargin: "600px" });
    observer.observe(target);
    return () => observer.disconnect();
  }, [ready, count]);
  if (!more.hasMore) return count > 20 ? <p className="quieter attempts-end">That is all.</p> : null;
  return (
    <div ref={end} className="attempts-end">
      {more.failure && <span className="bad">{more.failure.message}</span>}
      <button type="button" className="button" disabled={more.loading} onClick={more.loadMore}>{more.loading ? "Loading more" : "Load more"}</button>
    </div>
  );
}

export function ColumnsMenu() {
  const { hidden } = usePreferences();
  const now = hidden[TABLE] ?? [];
  const toggle = (key: string) => prefer({ hidden: { ...hidden, [TABLE]: now.includes(key) ? now.filter((other) => other !== key) : [...now, key] } });
  return (
    <Menu label="Choose columns" align="right" className="button button-plain button-small" button={<><Icon name="columns" size={14} /> Columns</>}>
      {() => COLUMNS.slice(1).map((column) => (
        <label key={column.key} className="menu-item"><input type="checkbox" checked={!now.includes(column.key)} onChange={() => toggle(column.key)} />{column.name}</label>
      ))}
    </Menu>
  );
}
