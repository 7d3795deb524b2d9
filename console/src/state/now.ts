import { useSyncExternalStore } from "react";

/** The current time, in steps: one shared timer per step, so that everything on the page ticks together. */
const clocks = new Map<number, { value: number; listeners: Set<() => void>; timer: number | null }>();

export function useNow(stepMs: number): number {
  let found = clocks.get(stepMs);
  if (!found) {
    found = { value: floor(stepMs), listeners: new Set(), timer: null };
    clocks.set(stepMs, found);
  }
  const state = found;
  return useSyncExternalStore(
    (changed) => {
      state.listeners.add(changed);
      state.timer ??= window.setInterval(() => {
        const next = floor(stepMs);
        if (next === state.value) return;
        state.value = next;
        for (const listener of [...state.listeners]) listener();
      }, Math.min(stepMs, 1000));
      return () => {
        state.listeners.delete(changed);
        if (state.listeners.size === 0 && state.timer !== null) {
          window.clearInterval(state.timer);
          state.timer = null;
        }
      };
    },
    () => state.value,
  );
}

function floor(step: number): number {
  return Math.floor(Date.now() / step) * step;
}
