import { ReactNode, useRef, useState } from "react";
import { Icon } from "../parts/Icon";
import { useScope } from "../state/project";
import { Span, rangeWords } from "../state/range";
import type { RangeChoice } from "../state/view";
import { dateOf, dayWords, longDay } from "../words/times";
import { drawPng, saveFile, toCsv } from "./export";
import "./charts.css";

export interface ChartTable {
  columns: string[];
  rows: (string | number | null)[][];
}

interface ChartFrameProps {
  /** Names the exported files. */
  name: string;
  legend?: ReactNode;
  /** What is counted, for the picture. */
  unit?: string;
  /** The time that is covered, where it is not the range of the view. */
  covers?: string;
  /** The same data as a table: behind a button, in the CSV, and for those who do not see the chart. */
  table: () => ChartTable;
  children: ReactNode;
}

export function ChartFrame({ name, legend, unit = "attempts", covers, table, children }: ChartFrameProps) {
  const [asTable, show] = useState(false);
  const { project, span, view, zone } = useScope();
  const figure = useRef<HTMLElement>(null);
  const savePng = () => {
    const drawn = figure.current;
    if (!drawn) return;
    const title = drawn.closest("section")?.querySelector("h2")?.textContent ?? name;
    const range = covers ?? (view.screen === "days" && view.item ? longDay(view.item) : rangeInFull(view.range, span, zone));
    drawPng(drawn, `${name}.png`, { title, covers: `${unit.charAt(0).toUpperCase()}${unit.slice(1)}, ${range}`, source: `${project.name}, times in ${zone}` }).catch(() => undefined);
  };
  return (
    <figure className="chart-frame" ref={figure}>
      {asTable ? <DataBehind table={table()} /> : children}
      <figcaption className="chart-foot">
        {legend}
        <span className="chart-tools">
          <button type="button" className="button button-plain button-small" aria-pressed={asTable} onClick={() => show(!asTable)}>
            <Icon name={asTable ? "chart" : "table"} size={14} /> {asTable ? "Chart" : "Table"}
          </button>
          <button type="button" className="button button-plain button-small" onClick={() => saveFile(`${name}.csv`, "text/csv", toCsv(table()))} title="Save the data as CSV">
            <Icon name="download" size={14} /> CSV
          </button>
          {!asTable && (
            <button type="button" className="button button-plain button-small" onClick={savePng} title="Save the picture as PNG">PNG</button>
          )}
        </span>
      </figcaption>
    </figure>
  );
}

/** "Today" says little in a picture that is looked at tomorrow. */
function rangeInFull(choice: RangeChoice, span: Span, zone: string): string {
  if (span.date !== null) return longDay(span.date);
  return `${rangeWords(choice, zone, Date.now())}, until ${dayWords(dateOf(span.to - 1, zone))} ${dateOf(span.to - 1, zone).slice(0, 4)}`;
}

function DataBehind({ table }: { table: ChartTable }) {
  return (
    <div className="behind" tabIndex={0} role="region" aria-label="The data behind the chart">
      <table className="table">
        <thead><tr>{table.columns.map((column, index) => <th key={column} scope="col" className={index > 0 ? "right" : undefined}>{column}</th>)}</tr></thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>{row.map((cell, column) => <td key={column} className={typeof cell === "number" ? "right number" : column > 0 ? "right" : undefined}>{cell ?? "\u2013"}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
