/** What can be done where one is: offered by `.`, the innermost first and what is possible everywhere last. */
import { useLayoutEffect, useRef } from "react";

export interface Action {
  says: string;
  run: () => void;
  everywhere?: boolean;
}

const layers: { current: readonly Action[] }[] = [];

/** Actions while the calling component is on the page. */
export function useActions(actions: readonly Action[]): void {
  const layer = useRef(actions);
  layer.current = actions;
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

/** All actions in force, each once. */
export function actionsNow(): Action[] {
  const seen = new Map<string, Action>();
  for (const layer of [...layers].reverse()) for (const action of layer.current) if (!seen.has(action.says)) seen.set(action.says, action);
  return [...seen.values()].sort((one, other) => Number(one.everywhere ?? false) - Number(other.everywhere ?? false));
}
