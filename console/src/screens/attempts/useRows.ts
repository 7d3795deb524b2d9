import { useCallback, useEffect, useRef, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { Attempt, AttemptPage, listAttempts } from "../../api/attempts";
import { cache } from "../../state/cache";
import { attemptsParameters } from "../../state/questions";
import { useScope } from "../../state/project";
import { Rows, arrived, followed, newer, noRows } from "./rows";

export interface MoreRows {
  attempts: readonly Attempt[];
  hasMore: boolean;
  loading: boolean;
  failure: ApiFailure | null;
  loadMore: () => void;
  /** How many came while the list was held still; `moreCame` where that are only those of one page. */
  waiting: number;
  moreCame: boolean;
  /** Shows those that wait. */
  letIn: () => void;
}

const memoryOf = (key: string) => `rows:${key}`;
const remembered = (key: string): Rows => cache.read<Rows>(memoryOf(key)).data ?? noRows;

/**
 * The rows of the list: the first page, kept up to date, and the pages behind it that were asked for. They are remembered with
 * the answers, so that Back finds all of them again. While `held`, rows that come wait: nobody's row moves away under the pointer.
 */
export function useRows(key: string, first: AttemptPage | undefined, held: () => boolean): MoreRows {
  const scope = useScope();
  const [state, set] = useState<{ key: string; rows: Rows }>(() => ({ key, rows: remembered(key) }));
  const [asking, setAsking] = useState<{ loading: boolean; failure: ApiFailure | null }>({ loading: false, failure: null });
  const [waiting, setWaiting] = useState<{ key: string; page: AttemptPage } | null>(null);
  const abort = useRef<AbortController | null>(null);
  const rows = state.key === key ? state.rows : remembered(key);
  const shown = useRef(rows);
  shown.current = rows;

  useEffect(() => {
    if (!first) return;
    if (newer(shown.current, first) > 0 && held()) return setWaiting({ key, page: first });
    setWaiting(null);
    set((before) => ({ key, rows: arrived(before.key === key ? before.rows : remembered(key), first) }));
  }, [key, first, held]);
  useEffect(() => {
    if (state.rows !== noRows) cache.put(memoryOf(state.key), state.rows);
  }, [state]);
  useEffect(() => () => { abort.current?.abort(); setAsking({ loading: false, failure: null }); }, [key]);

  const cursor = rows.cursor;
  const loadMore = useCallback(() => {
    if (!cursor || asking.loading) return;
    const controller = new AbortController();
    abort.current = controller;
    setAsking({ loading: true, failure: null });
    listAttempts({ ...attemptsParameters(scope), cursor }, controller.signal).then(
      (page) => {
        if (controller.signal.aborted) return;
        set((before) => ({ key, rows: followed(before.key === key ? before.rows : remembered(key), cursor, page) }));
        setAsking({ loading: false, failure: null });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setAsking({ loading: false, failure: error instanceof ApiFailure ? error : null });
      },
    );
  }, [cursor, asking.loading, key, scope]);

  const letIn = useCallback(() => {
    if (waiting?.key === key) set((before) => ({ key, rows: arrived(before.key === key ? before.rows : remembered(key), waiting.page) }));
    setWaiting(null);
  }, [key, waiting]);

  const attempts = rows.attempts.length > 0 || !first ? rows.attempts : first.attempts;
  const came = waiting?.key === key ? newer(rows, waiting.page) : 0;
  return { attempts, hasMore: cursor !== null, ...asking, loadMore, waiting: came, moreCame: waiting !== null && came === waiting.page.attempts.length, letIn };
}
