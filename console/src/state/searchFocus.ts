/** The cursor for the search box: now where there is one, else when the screen that has it appears. */
import { RefObject, useLayoutEffect } from "react";

let box: HTMLInputElement | null = null;
let asked = false;

/** Whether the box is on the page and has the cursor, its text selected. If not, the next box takes it. */
export function focusSearch(): boolean {
  asked = box === null;
  box?.focus();
  box?.select();
  return box !== null;
}

/** Makes the input the search box. It takes the cursor before the next key arrives: what is typed after `/` is never a command. */
export function useSearchFocus(input: RefObject<HTMLInputElement | null>): void {
  useLayoutEffect(() => {
    box = input.current;
    if (asked) focusSearch();
    return () => {
      box = null;
    };
  }, [input]);
}
