import { round, stepArea, steps } from "./scale";
import { useWidth } from "../parts/useSize";
import "./charts.css";

const HEIGHT = 40;

interface SparklineProps {
  values: readonly (number | null)[];
  /** The bucket that is still filling, drawn lighter. */
  filling?: number | null;
  /** How many buckets the axis has; those after the last value are still to come. */
  length?: number;
  tone?: "good" | "bad" | "plain";
  label: string;
}

/** A small stepped area from zero, without axes: the shape of the day beside its figure. */
export function Sparkline({ values, filling, length, tone = "plain", label }: SparklineProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const count = Math.max(length ?? values.length, 1);
  const max = Math.max(...values.map((value) => value ?? 0), 0) || 1;
  const x = (index: number) => (index / count) * width;
  const y = (value: number) => HEIGHT - 1 - (value / max) * (HEIGHT - 4);
  const done = values.map((value, index) => (index === filling ? null : value));
  const still = filling === null || filling === undefined ? null : values[filling] ?? null;
  return (
    <div ref={box} className={`spark spark-${tone}`} role="img" aria-label={label}>
      <svg width={width} height={HEIGHT} aria-hidden="true">
        <line className="spark-floor" x1="0" x2={width} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        <path className="spark-area" d={stepArea(done, x, y, HEIGHT - 1)} />
        <path className="spark-line" d={steps(done, x, y)} />
        {still !== null && filling !== null && filling !== undefined && (
          <rect className="spark-filling" x={round(x(filling))} width={round(x(1))} y={round(y(still))} height={round(HEIGHT - 1 - y(still))} />
        )}
      </svg>
    </div>
  );
}

/** The trend of one row of a table: thin columns. */
export function TrendBars({ values, label, tone = "bad" }: { values: readonly number[]; label: string; tone?: "good" | "bad" }) {
  const width = 96;
  const height = 22;
  const max = Math.max(...values, 1);
  const step = width / Math.max(values.length, 1);
  return (
    <svg className="trend" width={width} height={height} role="img" aria-label={label}>
      <line className="spark-floor" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {values.map((value, index) => {
        const tall = value > 0 ? Math.max(1.5, (value / max) * (height - 3)) : 0;
        return <rect key={index} className={tone === "bad" ? "trend-bar" : "trend-bar trend-good"} x={round(index * step)} width={round(Math.max(1, step - (step > 3 ? 1 : 0)))} y={round(height - 1 - tall)} height={round(tall)} />;
      })}
    </svg>
  );
}

/** A bar behind or beside a number: its share of the largest in the column. */
export function Bar({ share, tone = "plain" }: { share: number; tone?: "plain" | "bad" | "good" }) {
  const bounded = Math.max(0, Math.min(1, share));
  return (
    <svg className={`bar bar-${tone}`} width="100%" height="6" aria-hidden="true" preserveAspectRatio="none">
      <rect className="bar-track" width="100%" height="6" rx="1.5" />
      <rect className="bar-fill" width={`${round(bounded * 100)}%`} height="6" rx="1.5" />
    </svg>
  );
}
