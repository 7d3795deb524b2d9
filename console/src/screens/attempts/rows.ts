/** The list of rows while pages and new arrivals come in. Pure; newest first by sequence. */
import type { Attempt, AttemptPage } from "../../api/attempts";

export interface Rows {
  attempts: Attempt[];
  /** Where the next page begins; null at the end. */
  cursor: string | null;
}

export const noRows: Rows = { attempts: [], cursor: null };

/**
 * The first page came again. When it overlaps with what is there, its new rows go on top and the place of the next page
 * stays. When it does not, rows in between would be missing, so the list begins anew.
 */
export function arrived(rows: Rows, page: AttemptPage): Rows {
  const fresh: Rows = { attempts: page.attempts, cursor: page.page.has_more ? page.page.next_cursor : null };
  const newest = rows.attempts[0];
  const oldestOfPage = page.attempts[page.attempts.length - 1];
  if (!newest || !oldestOfPage || oldestOfPage.sequence > newest.sequence) return fresh;
  const seen = new Set(page.attempts.map((row) => row.attempt_id));
  const rest = rows.attempts.filter((row) => !seen.has(row.attempt_id) && row.sequence < oldestOfPage.sequence);
  return rest.length === 0 ? fresh : { attempts: [...page.attempts, ...rest], cursor: rows.cursor };
}

/** How many rows of the page are newer than all that are there. */
export function newer(rows: Rows, page: AttemptPage): number {
  const newest = rows.attempts[0];
  return newest ? page.attempts.filter((row) => row.sequence > newest.sequence).length : 0;
}

/** The page after `cursor` came. */
export function followed(rows: Rows, cursor: string, page: AttemptPage): Rows {
  if (rows.cursor !== cursor) return rows;
  const seen = new Set(rows.attempts.map((row) => row.attempt_id));
  return {
    attempts: [...rows.attempts, ...page.attempts.filter((row) => !seen.has(row.attempt_id))],
    cursor: page.page.has_more ? page.page.next_cursor : null,
  };
}
