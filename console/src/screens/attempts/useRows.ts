import { useCallback, useEffect, useRef, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { Attempt, AttemptPage, listAttempts } from "../../api/attempts";
import { attemptsParameters } from "../../state/questions";
import { useScope } from "../../state/project";
import { Rows, arrived, followed, noRows } from "./rows";

export interface MoreRows {
  attempts: readonly Attempt[];
  hasMore: boolean;
  loading: boolean;
  failure: ApiFailure | null;
  loadMore: () => void;
}

/** The rows of the list: the first page, kept up to date, and the pages behind it that were asked for. */
export function useRows(key: string, first: AttemptPage | undefined): MoreRows {
  const scope = useScope();
  const [state, set] = useState<{ key: string; rows: Rows }>({ key, rows: noRows });
  const [asking, setAsking] = useState<{ loading: boolean; failure: ApiFailure | null }>({ loading: false, failure: null });
  const abort = useRef<AbortController | null>(null);
  const rows = state.key === key ? state.rows : noRows;

  useEffect(() => {
    if (first) set((before) => ({ key, rows: arrived(before.key === key ? before.rows : noRows, first) }));
  }, [key, first]);
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
        set((before) => (before.key === key ? { key, rows: followed(before.rows, cursor, page) } : before));
        setAsking({ loading: false, failure: null });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setAsking({ loading: false, failure: error instanceof ApiFailure ? error : null });
      },
    );
  }, [cursor, asking.loading, key, scope]);

  const attempts = rows.attempts.length > 0 || !first ? rows.attempts : first.attempts;
  return { attempts, hasMore: cursor !== null, ...asking, loadMore };
}
