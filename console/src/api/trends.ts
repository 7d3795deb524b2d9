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
export const trendsDecoder = trends;
export type Trends = ReturnType<typeof trends>;

/** The days' snapshots never tell people by source: that they are missing then is no failure. */
const withoutPeople = (answer: Trends): Trends => {
  const missing = answer.missing.filter((part) => part !== "users");
  return missing.length === answer.missing.length ? answer : { ...answer, missing, partial: missing.length > 0 };
};

/** The trends of several sources or channels as one. People cannot be added up: the same person may come through two. */
export function sumOfTrends(answers: readonly Trends[]): Trends {
  const [first] = answers;
  if (!first) throw new RangeError("a sum of no trends");
  const byDate = new Map<string, TrendPoint>();
  for (const point of answers.flatMap((answer) => answer.points)) {
    const sum = byDate.get(point.date);
    const [attempts, leads] = [point.attempts + (sum?.attempts ?? 0), point.leads + (sum?.leads ?? 0)];
    byDate.set(point.date, { ...point, attempts, leads, failures: point.failures + (sum?.failures ?? 0), users: null, success_share: attempts > 0 ? leads / attempts : null });
  }
  const missing = [...new Set(answers.flatMap((answer) => answer.missing))];
  return { ...first, missing, partial: missing.length > 0, points: [...byDate.values()].sort((one, other) => (one.date < other.date ? -1 : 1)) };
}

export const getTrends = async (query: QueryValues, signal: AbortSignal): Promise<Trends> => withoutPeople(await send({ path: "/v1/analytics/trends", query, signal }, trends));
