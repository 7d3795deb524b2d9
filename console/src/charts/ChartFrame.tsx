import { ReactNode, useRef, useState } from "react";
import { Icon } from "../parts/Icon";
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
  /** The same data as a table: behind a button, in the CSV, and for those who do not see the chart. */
  table: () => ChartTable;
  children: ReactNode;
}

export function ChartFrame({ name, legend, table, children }: ChartFrameProps) {
  const [asTable, show] = useState(false);
  const figure = useRef<HTMLElement>(null);
  const savePng = () => {
    const drawing = figure.current?.querySelector("svg");
    if (drawing) drawPng(drawing, `${name}.png`).catch(() => undefined);
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
