/** What an answer says it is without, in words: its own names are those of members on the wire. */
import { counted } from "./numbers";

const WORDS: Record<string, string> = {
  total_attempts: "the number of all attempts", failure_share: "the share that failed", "groups.trend": "the trends", heat: "the times of the failures",
  steps: "the funnel's steps", trailing: "the comparison with earlier days", top_failure: "the most frequent failure",
  users: "the people", by_channel: "the channels",
};

/** What the summaries of days do not say: nothing failed, and asking again would not help. */
const NOT_SAID: Record<string, (count: number) => string> = {
  small_sources: () => "days on which the source was one of the many small ones", small_channels: () => "days on which the channel was one of the many small ones",
  source_by_channel: () => "sources by channel, which days do not count", days_without_snapshot: (count) => counted(count, "day that has no summary", "days that have no summary"),
  week_users: (count) => `the people of ${counted(count, "week")}, which are still to be counted`,
};

/** Null when nothing is missing. */
export function missingWords(partial: boolean, missing: readonly string[]): string | null {
  if (!partial) return null;
  const named = [...new Set(missing.map(words).filter((one): one is string => one !== null))];
  if (named.length === 0) return "A part of this did not answer.";
  const last = named[named.length - 1] ?? "";
  const lost = missing.some((name) => NOT_SAID[name.split(":", 1)[0] ?? ""] === undefined);
  return `Without ${named.length === 1 ? last : `${named.slice(0, -1).join(", ")} and ${last}`}${lost ? ": that part did not answer" : ""}.`;
}

function words(name: string): string | null {
  const [stem = "", detail] = name.split(":", 2);
  const notSaid = NOT_SAID[stem];
  if (notSaid) return notSaid(Number(detail) || 1);
  if (stem.startsWith("series.")) return `the ${stem.slice("series.".length).replace(/_/g, " ")} over time`;
  return WORDS[stem] ?? (stem === "" ? null : stem.replace(/[_.]/g, " "));
}
