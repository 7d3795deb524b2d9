/**
 * Rows of a table by keyboard. The row that is reached has the focus, on its first link: Enter follows it, and a screen reader
 * tells it. The entry of the history keeps it, so that Back returns to it.
 */
import { useEffect, useRef } from "react";
import { useKeys } from "./keyboard";

const linkOf = (row: Element | null | undefined) => row?.querySelector<HTMLElement>("a[href]") ?? null;
const nameOf = (row: Element) => row.getAttribute("data-row") ?? linkOf(row)?.getAttribute("href") ?? null;
const rowsOf = (table: string) => [...document.querySelectorAll<HTMLElement>(`${table} tbody tr`)].filter((row) => linkOf(row) !== null);

export function focusRow(row: Element | null | undefined): void {
  const link = linkOf(row);
  if (!row || !link) return;
  link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** Where the focus is when nobody has put it anywhere. */
const isNowhere = (element: Element | null) => element === null || element === document.body || element.id === "content";

/** Remembers the row that has the focus, and gives it the focus again when the view comes back. `table` is a selector. */
export function useRowMemory(table: string): void {
  const wanted = useRef<unknown>((window.history.state as { row?: unknown } | null)?.row ?? null);
  useEffect(() => {
    const remember = (event: FocusEvent) => {
      const row = event.target instanceof Element ? event.target.closest(`${table} tbody tr`) : null;
      if (!row) return;
      wanted.current = null;
      window.history.replaceState({ row: nameOf(row) }, "");
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, [table]);
  // After each time that something was drawn: the rows come later than the page.
  useEffect(() => {
    if (wanted.current === null || !isNowhere(document.activeElement)) return;
    const row = rowsOf(table).find((candidate) => nameOf(candidate) === wanted.current);
    if (row) focusRow(row);
  });
}

/** j and k go from row to row, Enter opens the one that was reached. */
export function useRowKeys(table: string, opens: string): void {
  const last = useRef<string | null>(null);
  const step = (by: 1 | -1) => {
    const rows = rowsOf(table);
    const here = document.activeElement?.closest(`${table} tbody tr`);
    const from = rows.findIndex((row) => (here ? row === here : nameOf(row) === last.current));
    const next = rows[from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + by))];
    if (!next) return;
    last.current = nameOf(next);
    focusRow(next);
  };
  useRowMemory(table);
  useKeys([
    { keys: "j", says: "Next row", group: "On this screen", run: () => step(1) },
    { keys: "k", says: "Previous row", group: "On this screen", run: () => step(-1) },
    // With the focus on the row's link the browser itself opens it; this is for when the focus went elsewhere.
    { keys: "Enter", says: opens, group: "On this screen", run: () => linkOf(rowsOf(table).find((row) => nameOf(row) === last.current))?.click() },
  ]);
}
