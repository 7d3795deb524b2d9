import { PointerEvent, useId } from "react";
import { useWidth } from "../parts/useSize";
import { cutOf } from "../state/buckets";
import { counted, exact } from "../words/numbers";
import { TimeAxis, timeTicks } from "./axis";
import { pointAt, useCrosshair } from "./crosshair";
import { Hatch } from "./Hatch";
import { heatLevel, round } from "./scale";
import "./charts.css";

export interface HeatRow {
  key: string;
  label: { main: string; rest: string };
  /** The rows behind it, where there is one filter for them. */
  href?: string;
  total: number;
  counts: number[];
}

interface HeatStripProps {
  rows: readonly HeatRow[];
  /** The edges of the buckets: one more than there are counts. */
  edges: readonly number[];
  /** The range; a bucket that reaches out of it counts a part of its time and is hatched. */
  span?: { from: number; to: number };
  now: number;
  axis: TimeAxis;
  onPick: (row: HeatRow, from: number, to: number) => void;
}

const CELL = 20;
/** The darkest level stands for at least this many, so that single failures do not look like an outage. */
export const HEAT_MAX_MIN = 5;

/** Rows of one kind of failure each, columns of time: when did it begin, does it come and go. Levels follow the square root. */
export function HeatStrip({ rows, edges, span, now, axis, onPick }: HeatStripProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const cross = useCrosshair();
  const hatch = useId();
  const max = Math.max(...rows.flatMap((row) => row.counts), HEAT_MAX_MIN);
  const first = edges[0] ?? 0;
  const last = edges[edges.length - 1] ?? 1;
  const x = (instant: number) => ((instant - first) / (last - first)) * width;
  const held = (cell: number) => {
    const bucket = { from: edges[cell] ?? first, to: edges[cell + 1] ?? last };
    return { ...bucket, cut: span ? cutOf(bucket, span) : null };
  };
  const said = (cell: number) => {
    const { from, to, cut } = held(cell);
    return cut ? `${axis.words(cut.from, cut.to)}, a part` : axis.words(from, to);
  };
  const bucket = cross === null ? -1 : edges.findIndex((edge, index) => cross >= edge && cross < (edges[index + 1] ?? edge));

  const point = (event: PointerEvent<SVGSVGElement>) => {
    const share = (event.clientX - event.currentTarget.getBoundingClientRect().left) / Math.max(width, 1);
    pointAt(share < 0 || share > 1 ? null : first + share * (last - first));
  };

  return (
    <div className="heat">
      {rows.map((row, index) => (
        <div className="heat-row" key={row.key}>
          {row.href ? <a className="heat-label" href={row.href}><code>{row.label.main}</code> <span className="quieter">{row.label.rest}</span></a>
            : <span className="heat-label"><code>{row.label.main}</code> <span className="quieter">{row.label.rest}</span></span>}
          <div className="heat-cells" ref={index === 0 ? box : undefined}>
            <svg
              width={width} height={CELL} className="pickable" role="img" aria-label={`${row.label.main} ${row.label.rest}: ${peak(row, said)}`}
              onPointerMove={point} onPointerLeave={() => pointAt(null)}
              onClick={() => bucket >= 0 && onPick(row, edges[bucket] ?? first, edges[bucket + 1] ?? last)}
            >
              <Hatch id={`${hatch}${index}`} />
              {row.counts.map((count, cell) => {
                const { from, to, cut } = held(cell);
                if (from > now) return null;
                const wide = x(to) - x(from);
                const place = { x: round(x(from)), width: round(Math.max(1, wide - (wide > 4 ? 1.5 : 0))), y: 0, height: CELL, rx: wide > 8 ? 2 : 0 };
                return (
                  <g key={cell}>
                    <rect className={`heat-${heatLevel(count, max)}`} {...place} />
                    {cut && <rect fill={`url(#${hatch}${index})`} {...place}><title>{said(cell)}</title></rect>}
                  </g>
                );
              })}
              {bucket >= 0 && (edges[bucket] ?? last) <= now && (
                <rect className="heat-under" x={round(x(edges[bucket] ?? first)) - 0.5} width={Math.max(0, round(x(edges[bucket + 1] ?? last) - x(edges[bucket] ?? first)) - 0.5)} y="0.5" height={CELL - 1} rx="2" />
              )}
            </svg>
          </div>
          <span className="heat-total number" aria-hidden="true">
            {bucket >= 0 ? <><b>{exact(row.counts[bucket] ?? 0)}</b><span className="quieter"> of {exact(row.total)}</span></> : row.href ? <a className="rows-link" href={row.href} tabIndex={-1} title="Open these attempts">{exact(row.total)}</a> : exact(row.total)}
          </span>
        </div>
      ))}
      <div className="heat-row heat-axis" aria-hidden="true">
        <span className="heat-label quieter">{bucket >= 0 ? said(bucket) : ""}</span>
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

function peak(row: HeatRow, words: (cell: number) => string): string {
  const most = Math.max(...row.counts, 0);
  return `${exact(row.total)} failures, most ${words(row.counts.indexOf(most))} (${exact(most)})`;
}
