import { PointerEvent, useId, useLayoutEffect, useRef } from "react";
import { useWidth } from "../parts/useSize";
import { exact, short } from "../words/numbers";
import { pointAt, useCrosshair } from "./crosshair";
import { countTicks, round, steps } from "./scale";
import { TimeAxis, timeTicks } from "./axis";
import { Hatch } from "./Hatch";
import "./charts.css";

export interface Column {
  from: number;
  to: number;
  /** One value for each part, from the bottom; null when nothing is known for this bucket. */
  values: (number | null)[];
  before: number | null;
  /** The part of the bucket that the range holds, when it holds a part alone. */
  cut?: { from: number; to: number } | null;
}

interface TimeColumnsProps {
  columns: readonly Column[];
  parts: readonly { name: string; tone: "good" | "bad" }[];
  beforeName: string | null;
  axis: TimeAxis;
  /** The instant from which on the last bucket is still filling. */
  fillingFrom: number | null;
  label: string;
  onPick?: (column: Column) => void;
  /** What there is to know of a bucket beside its numbers: a sign above it, and words in its tip. */
  marks?: readonly { at: number; words: string }[];
}

const HEIGHT = 190;
const TOP = 14;
const FLOOR = HEIGHT - 24;
const LEFT = 44;

/** Stacked counts over time, from zero, with an earlier period as a thin grey line behind them. */
export function TimeColumns(props: TimeColumnsProps) {
  const { columns, parts, axis, beforeName } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const hatch = useId();
  const cross = useCrosshair();
  const max = Math.max(...columns.map((column) => Math.max(total(column), column.before ?? 0)), 0);
  const { top, ticks } = countTicks(max, 3);
  const first = columns[0];
  const last = columns[columns.length - 1];
  if (!first || !last) return null;

  const plot = Math.max(width - LEFT, 1);
  const xAt = (instant: number) => LEFT + ((instant - first.from) / (last.to - first.from)) * plot;
  const y = (value: number) => FLOOR - (value / top) * (FLOOR - TOP);
  const gap = plot / columns.length > 6 ? 2 : plot / columns.length > 3 ? 1 : 0;
  const under = cross === null ? undefined : columns.find((column) => cross >= column.from && cross < column.to);

  const point = (event: PointerEvent<SVGSVGElement>) => {
    const box_ = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box_.left - LEFT) / plot;
    pointAt(share < 0 || share > 1 ? null : first.from + share * (last.to - first.from));
  };

  return (
    <div ref={box} className="chart">
      <svg
        width={width} height={HEIGHT} role="img" aria-label={props.label} className={props.onPick ? "pickable" : undefined}
        onPointerMove={point} onPointerLeave={() => pointAt(null)} onClick={() => under && props.onPick?.(under)}
      >
        <Hatch id={hatch} />
        {ticks.map((tick) => (
          <g key={tick}>
            <line className={tick === 0 ? "axis-floor" : "axis-grid"} x1={LEFT} x2={width} y1={round(y(tick)) + 0.5} y2={round(y(tick)) + 0.5} />
            <text className="axis-text" x={LEFT - 8} y={round(y(tick)) + 4} textAnchor="end">{short(tick)}</text>
          </g>
        ))}
        {timeTicks(axis, first.from, last.to, plot).map((tick) => (
          <text key={tick.at} className="axis-text" x={round(xAt(tick.at))} y={HEIGHT - 6} textAnchor={tick.at === first.from ? "start" : "middle"}>{tick.text}</text>
        ))}
        {under && <rect className="crosshair-band" x={round(xAt(under.from))} width={round(xAt(under.to) - xAt(under.from))} y={TOP} height={FLOOR - TOP} />}
        {columns.map((column) => {
          const x = round(xAt(column.from) + gap / 2);
          const wide = round(Math.max(1, xAt(column.to) - xAt(column.from) - gap));
          const filling = (props.fillingFrom !== null && column.to > props.fillingFrom) || Boolean(column.cut);
          let base = 0;
          return (
            <g key={column.from}>
              {column.values.map((value, index) => {
                if (!value) return null;
                const upper = y(base + value);
                const tall = round(Math.max(1, y(base) - upper));
                base += value;
                const tone = parts[index]?.tone ?? "good";
                return (
                  <g key={index}>
                    <rect className={`column-${tone}${filling ? " column-filling" : ""}`} x={x} width={wide} y={round(upper)} height={tall} />
                    {filling && <rect fill={`url(#${hatch})`} x={x} width={wide} y={round(upper)} height={tall} />}
                  </g>
                );
              })}
            </g>
          );
        })}
        {props.marks?.map((mark) => {
          const column = columns.find((one) => mark.at >= one.from && mark.at < one.to);
          if (!column) return null;
          const middle = round(xAt((column.from + column.to) / 2));
          return <path key={mark.at} className="chart-mark" d={`M${middle} ${round(y(total(column))) - 12}l5 9h-10z`}><title>{mark.words}</title></path>;
        })}
        {beforeName && <path className="line-before" d={steps(columns.map((column) => column.before), (index) => xAt(columns[index]?.from ?? last.to), y)} />}
      </svg>
      {under && <Tip column={under} x={xAt((under.from + under.to) / 2)} width={width} {...props} />}
    </div>
  );
}

function Tip({ column, x, width, parts, axis, beforeName, fillingFrom, marks }: TimeColumnsProps & { column: Column; x: number; width: number }) {
  const toCome = fillingFrom !== null && column.from > fillingFrom && column.values.every((value) => value === null);
  const filling = !toCome && fillingFrom !== null && column.to > fillingFrom;
  const box = useRef<HTMLDivElement>(null);
  const left = x > width / 2;
  // Where the pointer is belongs to no style sheet; a custom property hands it over.
  useLayoutEffect(() => box.current?.style.setProperty("--x", `${round(x)}px`), [x]);
  return (
    <div ref={box} className={`tip ${left ? "tip-left" : "tip-right"}`} aria-hidden="true">
      <strong>{axis.words(column.cut?.from ?? column.from, column.cut?.to ?? column.to)}</strong>
      {!toCome && [...parts.entries()].reverse().map(([index, part]) => (
        <span key={part.name}><i className={`key key-${part.tone}`} />{part.name}<b>{exact(column.values[index] ?? 0)}</b></span>
      ))}
      {beforeName && column.before !== null && <span><i className="key key-before" />{beforeName}<b>{exact(Math.round(column.before))}</b></span>}
      {marks?.filter((mark) => mark.at >= column.from && mark.at < column.to).map((mark) => <em key={mark.at}>{mark.words}</em>)}
      {filling ? <em>still filling</em> : column.cut && !toCome && <em>a part: the range {column.cut.from > column.from ? "begins" : "ends"} here</em>}
      {toCome && <em>still to come</em>}
    </div>
  );
}

function total(column: Column): number {
  return column.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}
