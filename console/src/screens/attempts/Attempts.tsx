import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Attempt } from "../../api/attempts";
import { Empty, simulateCommand, submitCommand } from "../../parts/Empty";
import { ExportLink } from "../../parts/ExportLink";
import { TableBones } from "../../parts/FunnelSteps";
import { Panel } from "../../parts/Panel";
import { useActions } from "../../state/actions";
import { useKeys } from "../../state/keyboard";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { focusRow, useRowMemory } from "../../state/rowKeys";
import { attemptsOf } from "../../state/questions";
import { rangeWords } from "../../state/range";
import { useAnswer } from "../../state/useAnswer";
import { hasFilters } from "../../state/view";
import { go } from "../../state/useView";
import { exact } from "../../words/numbers";
import { AttemptDrawer } from "./AttemptDrawer";
import { AttemptsTable, ColumnsMenu } from "./AttemptsTable";
import { Facets } from "./Facets";
import { SearchBox } from "./SearchBox";
import { useRows } from "./useRows";
import "./attempts.css";

const TABLE = ".attempts-table";
const rowOf = (id: string) => document.querySelector(`${TABLE} [data-row="${CSS.escape(id)}"]`);

/** Whether somebody is at a row: the pointer is over the list, or its beginning is out of sight. */
function isHeld(): boolean {
  const table = document.querySelector(TABLE);
  return table !== null && (table.matches(":hover") || table.getBoundingClientRect().top < 0);
}

/** Find one. */
export function Attempts() {
  const scope = useScope();
  const now = useNow(60_000);
  const question = attemptsOf(scope);
  const first = useAnswer(question, scope.live);
  const rows = useRows(question.key, first.data, isHeld);
  const { open } = scope.view;
  const [selected, select] = useState<string | null>(open);
  useEffect(() => { if (open) select(open); }, [open]);

  const list = rows.attempts;
  const move = useCallback((by: number) => {
    if (list.length === 0) return;
    const here = list.findIndex((row) => row.attempt_id === selected);
    const next = list[here < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, here + by))];
    if (!next) return;
    select(next.attempt_id);
    if (!open) return focusRow(rowOf(next.attempt_id));
    go({ open: next.attempt_id }, { replace: true });
    rowOf(next.attempt_id)?.scrollIntoView({ block: "nearest" });
  }, [list, selected, open]);

  useKeys([
    { keys: "j", says: "Next row", group: "On this screen", run: () => move(1) },
    { keys: "k", says: "Previous row", group: "On this screen", run: () => move(-1) },
    { keys: "ArrowDown", says: "Next row", group: "On this screen", run: () => move(1) },
    { keys: "ArrowUp", says: "Previous row", group: "On this screen", run: () => move(-1) },
    { keys: "Enter", says: "Open the row", group: "On this screen", run: () => selected && go({ open: selected }) },
  ]);

  // The drawer gives the focus back to what had it before; its row may be another one by then.
  const shown = useRef(open);
  useEffect(() => {
    if (open === null && shown.current !== null) focusRow(rowOf(shown.current));
    shown.current = open;
  }, [open]);
  useRowMemory(TABLE);
  useActions([
    ...(selected !== null && !open ? [{ says: "Open the page of this attempt", run: () => go({ item: selected, open: null }) }] : []),
    ...(hasFilters(scope.view) ? [{ says: "Clear the filters", run: () => go({ filters: {}, words: "", open: null }) }] : []),
    { says: "Export the rows of this view", run: () => go({ screen: "settings", item: "exports", open: null }) },
  ]);

  const covers = rangeWords(scope.view.range, scope.zone, now).toLowerCase();
  const total = first.data?.total ?? null;
  const choose = useMemo(() => (row: Attempt) => go({ open: row.attempt_id }, { replace: open !== null }), [open]);
  return (
    <>
      <h1 className="unseen">Attempts</h1>
      <SearchBox />
      <div className="attempts">
        <Facets />
        <Panel className="attempts-list" title={total === null ? "Attempts" : `${exact(total)} ${total === 1 ? "attempt" : "attempts"}`} note={<>{covers}, newest first</>} resource={first}
          actions={<><ExportLink /><ColumnsMenu /></>} skeleton={<TableBones rows={14} />} isEmpty={() => list.length === 0} empty={<Nothing />}>
          {() => <AttemptsTable rows={list} selected={selected} onSelect={select} onOpen={choose} more={rows} />}
        </Panel>
      </div>
      {open && <AttemptDrawer attemptId={open} onMove={move} />}
    </>
  );
}

function Nothing() {
  const { view, project } = useScope();
  if (hasFilters(view)) {
    return (
      <Empty title="No attempt matches">
        <p>Nothing in this range has all of these filters. A longer range or fewer filters show more.</p>
        <p className="empty-actions">
          {!(view.range.kind === "preset" && view.range.preset === "1y") && <button type="button" className="button" onClick={() => go({ range: { kind: "preset", preset: "1y" }, open: null })}>Look in the last 12 months</button>}
          <button type="button" className="button" onClick={() => go({ filters: {}, words: "", open: null })}>Clear the filters</button>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No attempts in this range" command={submitCommand(project.project_id)}>
      <p>Each lead submission is one row here, whether it succeeded or not. To send one, with an API key from Settings:</p>
      <p>For realistic traffic: <code>{simulateCommand().replace(/\s*\\\n\s*/g, " ")}</code></p>
    </Empty>
  );
}
