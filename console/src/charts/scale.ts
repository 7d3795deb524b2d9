/** Scales and ticks. Pure functions; counts always begin at zero. */

export interface Ticks {
  top: number;
  ticks: number[];
}

/** A round maximum at or above `max` with about `wanted` intervals: 1, 2, 2.5 or 5 times a power of ten apart. */
export function countTicks(max: number, wanted = 3): Ticks {
  if (!(max > 0)) return { top: 1, ticks: [0, 1] };
  const rough = max / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough - 1e-9) ?? rough;
  const whole = max >= 1 ? Math.max(1, Math.ceil(step)) : step;
  const ticks: number[] = [];
  for (let tick = 0; tick < max + whole - 1e-9; tick += whole) ticks.push(tick);
  return { top: ticks[ticks.length - 1] ?? 1, ticks };
}

/** 0 for nothing, else 1 … 6 by the square root, so that small counts can still be told apart. */
export function heatLevel(count: number, max: number): number {
  if (count <= 0 || max <= 0) return 0;
  return Math.min(6, Math.max(1, Math.ceil(Math.sqrt(count / max) * 6)));
}

/** A path of steps: each value holds from its left edge to its right. Null breaks the line: a gap is shown as a gap. */
export function steps(values: readonly (number | null)[], x: (index: number) => number, y: (value: number) => number): string {
  let path = "";
  let open = false;
  values.forEach((value, index) => {
    if (value === null) {
      open = false;
      return;
    }
    const height = round(y(value));
    path += open ? `V${height}H${round(x(index + 1))}` : `M${round(x(index))} ${height}H${round(x(index + 1))}`;
    open = true;
  });
  return path;
}

/** The area under such steps, down to `floor`. */
export function stepArea(values: readonly (number | null)[], x: (index: number) => number, y: (value: number) => number, floor: number): string {
  let path = "";
  let open = false;
  values.forEach((value, index) => {
    if (value !== null) {
      path += open ? `V${round(y(value))}H${round(x(index + 1))}` : `M${round(x(index))} ${round(floor)}V${round(y(value))}H${round(x(index + 1))}`;
      open = true;
    }
    if (open && (value === null || index === values.length - 1)) {
      path += `V${round(floor)}Z`;
      open = false;
    }
  });
  return path;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
