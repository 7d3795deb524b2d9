/** What an entry of the history keeps beside its address, so that Back finds the place again. */
export interface EntryMemory {
  /** The row that had the focus. */
  row?: string | null | undefined;
  /** The address of the link that had it, and which of those with this address it was. */
  link?: { href: string; nth: number } | undefined;
  /** How far the page was scrolled, in pixels. */
  scroll?: number;
}

export const entry = (): EntryMemory => (window.history.state as EntryMemory | null) ?? {};

export function rememberInEntry(part: EntryMemory): void {
  window.history.replaceState({ ...entry(), ...part }, "");
}

/** Where the focus is when nobody has put it anywhere. */
export const isNowhere = (element: Element | null): boolean => element === null || element === document.body || element.id === "content";
