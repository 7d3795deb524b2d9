import { PointerEvent } from "react";
import { useWidth } from "../parts/useSize";
import { counted, exact } from "../words/numbers";
import { TimeAxis, timeTicks } from "./axis";
import { pointAt, useCrosshair } from "./crosshair";
import { heatLevel, round } from "./scale";
import "./charts.css";

export interface HeatRow {
  key: string;
  label: { main: string; rest: string };
  href: string;
  total: number;
  counts: number[];
}

interface HeatStripProps {
  rows: readonly HeatRow[];
  /** The edges of the buckets: one more than there are counts. */
  edges: readonly number[];
  now: number;
  axis: TimeAxis;
  onPick: (row: HeatRow, from: number, to: number) => void;
}

const CELL = 20;
/** The darkest level stands for at least this many, so that single failures do not look like an outage. */
export const HEAT_MAX_MIN = 5;

/** Rows of one kind of failure each, columns of time: when did it begin, does it come and go. Levels follow the square root. */
export function HeatStrip({ rows, edges, now, axis, onPick }: HeatStripProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const cross = useCrosshair();
  const max = Math.max(...rows.flatMap((row) => row.counts), HEAT_MAX_MIN);
  const first = edges[0] ?? 0;
  const last = edges[edges.length - 1] ?? 1;
  const x = (instant: number) => ((instant - first) / (last - first)) * width;
  const bucket = cross === null ? -1 : edges.findIndex((edge, index) => cross >= edge && cross < (edges[index + 1] ?? edge));

  const point = (event: PointerEvent<SVGSVGElement>) => {
    const share = (event.clientX - event.currentTarget.getBoundingClientRect().left) / Math.max(width, 1);
    pointAt(share < 0 || share > 1 ? null : first + share * (last - first));
  };

  return (
    <div className="heat">
      {rows.map((row, index) => (
        <div className="heat-row" key={row.key}>
          <a className="heat-label" href={row.href}><code>{row.label.main}</code> <span className="quieter">{row.label.rest}</span></a>
          <div className="heat-cells" ref={index === 0 ? box : undefined}>
            <svg
              width={width} height={CELL} className="pickable" role="img" aria-label={`${row.label.main} ${row.label.rest}: ${peak(row, edges, axis)}`}
              onPointerMove={point} onPointerLeave={() => pointAt(null)}
              onClick={() => bucket >= 0 && onPick(row, edges[bucket] ?? first, edges[bucket + 1] ?? last)}
            >
              {row.counts.map((count, cell) => {
                const from = edges[cell] ?? first;
                const to = edges[cell + 1] ?? last;
                if (from > now) return null;
                const wide = x(to) - x(from);
                return <rect key={cell} className={`heat-${heatLevel(count, max)}`} x={round(x(from))} width={round(Math.max(1, wide - (wide > 4 ? 1.5 : 0)))} y="0" height={CELL} rx={wide > 8 ? 2 : 0} />;
              })}
              {bucket >= 0 && (edges[bucket] ?? last) <= now && (
                <rect className="heat-under" x={round(x(edges[bucket] ?? first)) - 0.5} width={round(x(edges[bucket + 1] ?? last) - x(edges[bucket] ?? first)) - 0.5} y="0.5" height={CELL - 1} rx="2" />
              )}
            </svg>
          </div>
          <span className="heat-total number" aria-hidden="true">
            {bucket >= 0 ? <><b>{exact(row.counts[bucket] ?? 0)}</b><span className="quieter"> of {exact(row.total)}</span></> : exact(row.total)}
          </span>
        </div>
      ))}
      <div className="heat-row heat-axis" aria-hidden="true">
        <span className="heat-label quieter">{bucket >= 0 ? axis.words(edges[bucket] ?? first, edges[bucket + 1] ?? last) : ""}</span>
        <svg width={width} height="16">
          {timeTicks(axis, first, last, width).map((tick) => (
            <text key={tick.at} className="axis-text" x={round(x(tick.at))} y="12" textAnchor={tick.at === first ? "start" : "middle"}>{tick.text}</text>
          ))}
        </svg>
        <span className="heat-total" />
      </div>
    </div>
  );
}

export function HeatKey({ max }: { max: number }) {
  return (
    <span className="heat-key">
      <span>0</span>
      <svg width="98" height="10" aria-hidden="true">
        {[0, 1, 2, 3, 4, 5, 6].map((level) => <rect key={level} className={`heat-${level}`} x={level * 14} width="13" height="10" rx="2" />)}
      </svg>
      <span>{counted(max, "failure")}</span>
    </span>
  );
}

function peak(row: HeatRow, edges: readonly number[], axis: TimeAxis): string {
  const most = Math.max(...row.counts, 0);
  const at = row.counts.indexOf(most);
  return `${exact(row.total)} failures, most ${axis.words(edges[at] ?? 0, edges[at + 1] ?? 0)} (${exact(most)})`;
}
