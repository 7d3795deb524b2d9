/**
 * The focus is never lost to the page's body. When what has it goes away (a button that was pressed, a dialog's row, a whole
 * screen), the nearest thing around it that is still there gets it; Back gives it to the link that was followed.
 */
import { useEffect } from "react";
import { entry, isNowhere, rememberInEntry } from "./historyEntry";

const SETTLED_MS = 60;
/** A page that has not drawn the link by then has let its reader go on. */
const WANTED_MS_MAX = 10_000;

const linksTo = (within: Element, href: string) => [...within.querySelectorAll(`a[href="${CSS.escape(href)}"]`)];

export function useKeptFocus(): void {
  useEffect(() => {
    const content = document.getElementById("content");
    if (!content) return undefined;
    /** From the element that had the focus outwards. */
    let around: Element[] = [];
    /** What has the focus no longer because it was switched off. */
    let off: Element | null = null;
    let later = 0;
    let wantedUntil = 0;
    let wanted: { href: string; nth: number } | null = null;
    const focused = (event: FocusEvent) => {
      const { target } = event;
      if (!(target instanceof Element) || !content.contains(target)) return;
      around = [];
      off = null;
      for (let at: Element | null = target; at && at !== content; at = at.parentElement) around.push(at);
      if (target === content) return;
      wanted = null;
      const href = target.getAttribute("href");
      if (href === null) return;
      // Rows of lists are remembered by their names, which stay when others come before them (`rowKeys.ts`).
      const link = { href, nth: linksTo(content, href).indexOf(target) };
      rememberInEntry(target.closest("tbody tr") ? { link } : { link, row: undefined });
    };
    const changed = () => {
      if (wanted && Date.now() < wantedUntil && isNowhere(document.activeElement)) {
        const link = linksTo(content, wanted.href)[wanted.nth];
        if (link instanceof HTMLElement) return link.focus();
      }
      const [last] = around;
      if (last?.isConnected && last.matches(":disabled")) {
        // The browser takes the focus from what is switched off, but only when it draws the page next.
        window.clearTimeout(later);
        later = window.setTimeout(changed, SETTLED_MS);
        off = last;
      } else if (off !== null && off === last && off.isConnected && off instanceof HTMLElement && isNowhere(document.activeElement)) {
        // Switched on again before that: what took so short a time has not moved its reader.
        return off.focus({ preventScroll: true });
      }
      if (document.activeElement !== document.body || !last || (last.isConnected && !last.matches(":disabled"))) return;
      const near = around.find((element) => element !== last && element.isConnected && (element.hasAttribute("tabindex") || element.matches("section.panel")));
      around = [];
      if (near instanceof HTMLElement && !near.hasAttribute("tabindex")) near.tabIndex = -1;
      ((near as HTMLElement | undefined) ?? content).focus({ preventScroll: true });
    };
    const turned = () => {
      const { row, link } = entry();
      wantedUntil = Date.now() + WANTED_MS_MAX;
      wanted = row === undefined || row === null ? link ?? null : null;
    };
    const observer = new MutationObserver(changed);
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
    document.addEventListener("focusin", focused);
    window.addEventListener("popstate", turned);
    return () => {
      observer.disconnect();
      window.clearTimeout(later);
      document.removeEventListener("focusin", focused);
      window.removeEventListener("popstate", turned);
    };
  }, []);
}
