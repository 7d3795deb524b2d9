/**
 * Rows of a table by keyboard. The row that is reached has the focus, on its first link: Enter follows it, and a screen reader
 * tells it. The entry of the history keeps it, so that Back returns to it.
 */
import { useEffect, useLayoutEffect, useRef } from "react";
import { entry, isNowhere, rememberInEntry } from "./historyEntry";
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

const SCROLL_KEPT_MS = 120;

/** Keeps how far the page is scrolled with its entry of the history. Whoever scrolls by hand is no longer put back. */
function useScrollMemory(place: { current: number | null }): void {
  // Before the next screen is drawn: a shorter page scrolls by itself, and that is nobody's place.
  useLayoutEffect(() => {
    let timer: number | null = null;
    const scrolled = () => {
      if (timer === null && place.current === null) timer = window.setTimeout(() => { timer = null; rememberInEntry({ scroll: window.scrollY }); }, SCROLL_KEPT_MS);
    };
    const byHand = () => { place.current = null; };
    window.addEventListener("scroll", scrolled, { passive: true });
    const hands = ["wheel", "pointerdown", "keydown", "touchmove"] as const;
    for (const hand of hands) window.addEventListener(hand, byHand, { passive: true });
    return () => {
      if (timer !== null) window.clearTimeout(timer);
      window.removeEventListener("scroll", scrolled);
      for (const hand of hands) window.removeEventListener(hand, byHand);
    };
  }, [place]);
}

/** Remembers the row that has the focus, and gives it the focus again when the view comes back. `table` is a selector. */
export function useRowMemory(table: string): void {
  const wanted = useRef<unknown>(entry().row ?? null);
  const place = useRef<number | null>(entry().scroll ?? null);
  useEffect(() => {
    const remember = (event: FocusEvent) => {
      const row = event.target instanceof Element ? event.target.closest(`${table} tbody tr`) : null;
      if (!row) return;
      wanted.current = null;
      rememberInEntry({ row: nameOf(row) });
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, [table]);
  useScrollMemory(place);
  // After each time that something was drawn: the rows come later than the page.
  useEffect(() => {
    if (wanted.current !== null && isNowhere(document.activeElement)) {
      const row = rowsOf(table).find((candidate) => nameOf(candidate) === wanted.current);
      if (row) focusRow(row);
    }
    const reached = document.documentElement.scrollHeight - window.innerHeight;
    if (place.current === null || reached < place.current) return;
    window.scrollTo(0, place.current);
    place.current = null;
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
