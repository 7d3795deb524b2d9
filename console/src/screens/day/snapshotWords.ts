/** How values of a snapshot read. Ratios, means and milliseconds are stored as decimal texts; the name tells the unit. */
import { isObject } from "../../api/decode";
import { dollars, duration, exact, percent, shortId } from "../../words/numbers";

/** A number, or a decimal text that is one. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null;
}

export function cell(name: string, value: unknown): string {
  if (value === null || value === undefined) return "\u2013";
  if (typeof value === "boolean") return value ? "yes" : "no";
  const number = numberOf(value);
  if (name === "hour" && number !== null) return `${String(number).padStart(2, "0")}:00`;
  if (number !== null && name !== "date") return numeric(name, number);
  if (Array.isArray(value)) return value.map((item) => cell(name, item)).join(", ");
  if (isObject(value)) return Object.entries(value).map(([key, part]) => `${key.replace(/_/g, " ")} ${cell(key, part)}`).join(", ");
  const text = String(value);
  return /^[0-9a-f]{64}$/.test(text) ? shortId(text, 12, 6) : text.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z$/, "$1 $2 UTC");
}

function numeric(name: string, value: number): string {
  if (/_ms(_mean)?$/.test(name)) return duration(value);
  if (/(share|rate|share_of_\w+)$/.test(name) && value >= 0 && value <= 1) return percent(value);
  if (/micro_usd$/.test(name)) return dollars(value);
  return Number.isInteger(value) ? exact(value) : value.toFixed(value < 10 ? 2 : 1);
}

export function heading(name: string): string {
  const words = name.replace(/_sha256$/, " SHA-256").replace(/_ms(_mean)?$/, "$1").replace(/_micro_usd$/, "").replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
