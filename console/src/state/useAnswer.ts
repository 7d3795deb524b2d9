import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { Answer, Question, cache } from "./cache";

/** How often an open panel asks again while the live switch is on. The server keeps aggregates for about as long. */
export const LIVE_POLL_MS = 10_000;

export interface Resource<T> extends Answer<T> {
  again: () => void;
}

/** Subscribes to the answer of a question; null asks nothing. With `live`, the answer is kept up to date. */
export function useAnswer<T>(question: Question<T> | null, live = false): Resource<T> {
  const key = question?.key ?? "";
  const subscribe = useCallback((changed: () => void) => cache.subscribe(key, changed), [key]);
  const read = useCallback(() => cache.read<T>(key), [key]);
  const answer = useSyncExternalStore(subscribe, read);
  const again = useCallback(() => cache.again(key), [key]);

  // A question is its key; the closure that asks it may be new at each render, and the newest is the one to use.
  const newest = useRef(question);
  newest.current = question;
  useEffect(() => {
    if (newest.current) cache.want(newest.current);
  }, [key]);
  useEffect(() => {
    if (question) cache.renew(question);
  });

  useEffect(() => {
    if (!live || !key) return undefined;
    const timer = setInterval(() => {
      // What failed has its own time to be asked again.
      if (document.visibilityState === "visible" && cache.read(key).retryAt === null) cache.again(key);
    }, LIVE_POLL_MS);
    return () => clearInterval(timer);
  }, [key, live]);

  return { ...answer, again };
}
