/** When something became frequent, as against when it was first seen: one stray case hours before is no beginning. Pure. */

const CASES_MIN = 5;
/** The run holds at least this share of the cases in at most this share of the time. */
const CASES_SHARE_MIN = 0.6;
const TIME_SHARE_MAX = 0.6;

/**
 * The run of buckets that stands out most above the average bucket (the largest sum of differences: Bentley's maximum
 * subarray), as the indexes of its first and last; null where the cases are spread over the whole time, or few.
 */
export function onsetOf(counts: readonly number[]): { first: number; last: number } | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length < 3 || total < CASES_MIN) return null;
  const mean = total / counts.length;
  let best = { first: 0, last: -1, sum: 0 };
  let run = { first: 0, sum: 0 };
  counts.forEach((count, index) => {
    run = run.sum > 0 ? { first: run.first, sum: run.sum + count - mean } : { first: index, sum: count - mean };
    if (run.sum > best.sum) best = { first: run.first, last: index, sum: run.sum };
  });
  const { first, last } = best;
  const within = counts.slice(first, last + 1).reduce((sum, count) => sum + count, 0);
  return within >= CASES_SHARE_MIN * total && last - first + 1 <= TIME_SHARE_MAX * counts.length ? { first, last } : null;
}
