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

/** The days' snapshots never tell people by source: that they are missing then is no failure. */
const withoutPeople = (answer: Trends): Trends => {
  const missing = answer.missing.filter((part) => part !== "users");
  return missing.length === answer.missing.length ? answer : { ...answer, missing, partial: missing.length > 0 };
};

export const getTrends = async (query: QueryValues, signal: AbortSignal): Promise<Trends> => withoutPeople(await send({ path: "/v1/analytics/trends", query, signal }, trends));
