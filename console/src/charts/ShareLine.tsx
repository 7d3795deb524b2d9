import { PointerEvent } from "react";
import { useWidth } from "../parts/useSize";
import { percent } from "../words/numbers";
import { TimeAxis, timeTicks } from "./axis";
import { pointAt, useCrosshair } from "./crosshair";
import { countTicks, round, stepArea, steps } from "./scale";
import "./charts.css";

export interface SharePoint {
  from: number;
  to: number;
  /** Between 0 and 1; null where there is nothing to take a share of. */
  share: number | null;
}

const HEIGHT = 130;
const TOP = 10;
const FLOOR = HEIGHT - 24;
const LEFT = 44;

/** A share over time as steps from zero; gaps stay gaps. Shares the crosshair with the charts around it. */
export function ShareLine({ points, axis, label, onPick }: { points: readonly SharePoint[]; axis: TimeAxis; label: string; onPick?: (point: SharePoint) => void }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const cross = useCrosshair();
  const first = points[0];
  const last = points[points.length - 1];
  if (!first || !last) return null;
  const { top, ticks } = countTicks(Math.max(...points.map((point) => (point.share ?? 0) * 100), 1), 3);
  const plot = Math.max(width - LEFT, 1);
  const xAt = (instant: number) => LEFT + ((instant - first.from) / (last.to - first.from)) * plot;
  const y = (share: number) => FLOOR - ((share * 100) / top) * (FLOOR - TOP);
  const x = (index: number) => xAt(points[index]?.from ?? last.to);
  const values = points.map((point) => point.share);
  const under = cross === null ? undefined : points.find((point) => cross >= point.from && cross < point.to);
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const share = (event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT) / plot;
    pointAt(share < 0 || share > 1 ? null : first.from + share * (last.to - first.from));
  };
  return (
    <div ref={box} className="chart chart-short">
      <svg width={width} height={HEIGHT} role="img" aria-label={label} className={onPick ? "pickable" : undefined} onPointerMove={point} onPointerLeave={() => pointAt(null)} onClick={() => under && onPick?.(under)}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line className={tick === 0 ? "axis-floor" : "axis-grid"} x1={LEFT} x2={width} y1={round(y(tick / 100)) + 0.5} y2={round(y(tick / 100)) + 0.5} />
            <text className="axis-text" x={LEFT - 8} y={round(y(tick / 100)) + 4} textAnchor="end">{tick} %</text>
          </g>
        ))}
        {timeTicks(axis, first.from, last.to, plot).map((tick) => (
          <text key={tick.at} className="axis-text" x={round(xAt(tick.at))} y={HEIGHT - 6} textAnchor={tick.at === first.from ? "start" : "middle"}>{tick.text}</text>
        ))}
        {under && <rect className="crosshair-band" x={round(xAt(under.from))} width={Math.max(1, round(xAt(under.to) - xAt(under.from)))} y={TOP} height={FLOOR - TOP} />}
        <path className="share-area" d={stepArea(values, x, y, FLOOR)} />
        <path className="share-line" d={steps(values, x, y)} />
      </svg>
      <p className="share-told" aria-hidden="true">{under ? <><b className="number">{under.share === null ? "no attempts" : percent(under.share)}</b> {axis.words(under.from, under.to)}</> : "\u00a0"}</p>
    </div>
  );
}
