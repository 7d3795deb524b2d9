/** The parts of a snapshot that the page about a day draws. Ratios and milliseconds are stored as decimal texts. */
import { Decoder, decimal, instant, list, nullable, number, object, optional, text } from "../../api/decode";

const group = object({
  name: text,
  attempts: number,
  successes: number,
  failures: number,
  failure_share: nullable(decimal),
  p95_ms: nullable(decimal),
  by_hour: optional(list(number), []),
});
export type GroupRow = ReturnType<typeof group>;
const groups = object({ rows: list(group), distinct: number, other: nullable(group) });
export type Groups = ReturnType<typeof groups>;

const snapshot = object({
  attempts: object({ attempts: number, successes: number, failures: number, failure_share: nullable(decimal), first_at: nullable(instant), last_at: nullable(instant) }),
  leads: number,
  by_hour: optional(list(object({ starts_at: instant, hour: number, attempts: number, successes: number, failures: number })), []),
  by_source: groups,
  by_channel: groups,
  by_code: optional(list(object({ category: text, code: text, count: number, share_of_failures: nullable(decimal) })), []),
  by_source_and_code: optional(list(object({ source: text, category: text, code: text, count: number, share_of_source: nullable(decimal), first_at: nullable(instant), by_hour: optional(list(number), []) })), []),
  field_errors: optional(list(object({ source: text, pointer: text, code: text, count: number })), []),
  users: object({
    distinct: number,
    anonymous_attempts: optional(number, 0),
    top: optional(list(object({ user_id: text, attempts: number, failures: number, share: nullable(decimal) })), []),
    top_share: nullable(decimal),
    top_ten_share: nullable(decimal),
  }),
  /** Missing on days that were closed before snapshots counted by key. */
  keys: nullable(object({ rows: list(object({ key_id: text, attempts: number, failures: number, share_of_failures: nullable(decimal) })), distinct: number })),
  retries: nullable(object({ first_try: number, recovered: number, failed_first: number, failed_again: number })),
  latency: nullable(object({ count: number, p50_ms: nullable(decimal), p95_ms: nullable(decimal), p99_ms: nullable(decimal) })),
});
export type Snapshot = ReturnType<typeof snapshot>;
export const snapshotDecoder: Decoder<Snapshot> = snapshot;

/** The snapshot as this page draws it, or null when it has another form; it is then shown member by member. */
export function readSnapshot(stored: Record<string, unknown>): Snapshot | null {
  try {
    return snapshot(stored, "/snapshot");
  } catch {
    return null;
  }
}
