/** What each source did in a range: attempts, successes, failures. */
import { list, nullable, number, object, text } from "./decode";
import { QueryValues, send } from "./client";
import { enveloped } from "./envelope";

const breakdown = enveloped(object({ rows: list(object({ value: nullable(text), events: number, successes: number, failures: number })) }));
export type SourceCounts = { value: string | null; events: number; successes: number; failures: number };

export const getBySource = (query: QueryValues, signal: AbortSignal) =>
  send({ path: "/v1/analytics/breakdown", query: { ...query, by: "source", type: "lead.submission" }, signal }, breakdown);
