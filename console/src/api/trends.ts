/** Many months, by day or by week, from the days' snapshots. */
import { boolean, list, nullable, number, object, optional, text } from "./decode";
import { QueryValues, send } from "./client";
import { enveloped } from "./envelope";

const point = object({
  /** The day, or the first day of the week. */
  date: text,
  attempts: number,
  leads: number,
  failures: number,
  success_share: nullable(number),
  users: nullable(number),
  closed: nullable(boolean),
  balanced: nullable(boolean),
  /** The sources of the project, whatever is asked for. */
  by_source: optional(list(object({ source: text, attempts: number })), []),
});
export type TrendPoint = ReturnType<typeof point>;

const trends = enveloped(object({ points: list(point) }));
export type Trends = ReturnType<typeof trends>;

export const getTrends = (query: QueryValues, signal: AbortSignal) => send({ path: "/v1/analytics/trends", query, signal }, trends);
