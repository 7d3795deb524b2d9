/**
 * Numbers as people read them: 12,304; 1.2 M; 87 %; 840 ms; 4 min 12 s. A narrow no-break space stands between a number and
 * its unit. The exact value belongs in a `title` wherever a short form is shown.
 */
const THIN = "\u202f";
const MINUS = "\u2212";

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function exact(value: number): string {
  return (value < 0 ? MINUS : "") + grouped.format(Math.abs(value));
}

/** Up to five digits in full, then k, M, G with one decimal below 100. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size < 99_999.5) return size < 10 && !Number.isInteger(value) ? value.toFixed(1) : exact(value);
  const units: [number, string][] = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
  for (const [scale, unit] of units) {
    if (size >= scale * 0.9995) {
      const scaled = value / scale;
      return `${Math.abs(scaled) < 99.95 ? trimmed(scaled, 1) : exact(scaled)}${THIN}${unit}`;
    }
  }
  return exact(value);
}

/** A share between 0 and 1 in per cent; decimals only near the ends, where they matter. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return `<${THIN}0.1${THIN}%`;
  if (value > 99.9 && value < 100) return `>${THIN}99.9${THIN}%`;
  const decimals = (value > 0 && value < 9.95) || (value > 99 && value < 100) ? 1 : 0;
  return `${trimmed(value, decimals)}${THIN}%`;
}

/** A duration in the unit a person would say. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < 0.1) return ms === 0 ? `0${THIN}ms` : `<${THIN}0.1${THIN}ms`;
  if (ms < 10) return `${trimmed(ms, 1)}${THIN}ms`;
  if (ms < 999.5) return `${Math.round(ms)}${THIN}ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${trimmed(seconds, seconds < 9.95 ? 1 : 0)}${THIN}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
  return `${Math.round(minutes / 1440)}${THIN}days`;
}

function joined(large: number, largeUnit: string, rest: number, restUnit: string): string {
  const head = `${large}${THIN}${largeUnit}`;
  return rest === 0 ? head : `${head} ${rest}${THIN}${restUnit}`;
}

/** Bytes in powers of 1,000. */
export function bytes(value: number): string {
  const units: [number, string][] = [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];
  for (const [scale, unit] of units) {
    if (value >= scale) return `${trimmed(value / scale, value / scale < 99.95 ? 1 : 0)}${THIN}${unit}`;
  }
  return `${exact(value)}${THIN}bytes`;
}

/** Micro-dollars as dollars: cents from 1 $ on, two significant digits below a cent. */
export function dollars(micro: number): string {
  const value = micro / 1e6;
  if (value === 0) return "$0";
  if (Math.abs(value) >= 1000) return `$${exact(value)}`;
  if (Math.abs(value) >= 0.01) return `$${value.toFixed(2)}`;
  return `$${value.toPrecision(2)}`;
}

/** "1 lead", "271 leads". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${short(value)} ${Math.abs(value) === 1 ? one : many}`;
}

/** The relative change from `before` to `now`, signed, or null when there is nothing to compare with. */
export function change(now: number, before: number): string | null {
  if (before < 0.5) return null;
  const share = (now - before) / before;
  if (Math.abs(share) < 0.005) return "as usual";
  if (share >= 2) return `${trimmed(now / before, 1)}${"\u00d7"}`;
  return `${share > 0 ? "+" : MINUS}${percent(Math.abs(share))}`;
}

/** A difference of two shares in percentage points. */
export function points(now: number, before: number): { text: string; value: number } {
  const value = Math.round((now - before) * 100);
  const size = Math.abs(value);
  return { value, text: `${size} ${size === 1 ? "point" : "points"}` };
}

function trimmed(value: number, decimals: number): string {
  const fixed = Math.abs(value).toFixed(decimals).replace(/\.0+$/, "");
  const [whole = "0", fraction] = fixed.split(".");
  return (value < 0 && Number(fixed) !== 0 ? MINUS : "") + grouped.format(Number(whole)) + (fraction ? `.${fraction}` : "");
}

/** `att_01J9…7K2Q`: the middle of a long identifier is left out. */
export function shortId(id: string, head = 8, tail = 4): string {
  return id.length <= head + tail + 1 ? id : `${id.slice(0, head)}\u2026${id.slice(-tail)}`;
}
