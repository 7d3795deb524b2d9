import { useSyncExternalStore } from "react";

/** The instant under the pointer, shared by every chart of a screen so that one line runs through all of them. */
let at: number | null = null;
const listeners = new Set<() => void>();

export function pointAt(instant: number | null): void {
  if (instant === at) return;
  at = instant;
  for (const listener of [...listeners]) listener();
}

export function useCrosshair(): number | null {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => at,
  );
}
