import { ReactNode, useEffect, useRef } from "react";
import { useKeys } from "../state/keyboard";
import { Icon } from "./Icon";
import "./drawer.css";

const FOCUSABLE = "a[href],button:not([disabled]),input:not([disabled]),select:not([disabled]),textarea:not([disabled]),summary,[tabindex='0']";

interface DrawerProps {
  label: string;
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** A panel over the right edge. Keeps the focus inside while it is open and gives it back when it closes. */
export function Drawer({ label, title, onClose, children }: DrawerProps) {
  const box = useRef<HTMLDivElement>(null);
  useFocusInside(box);
  useKeys([{ keys: "Escape", says: "Close", group: "On this screen", run: onClose }]);
  return (
    <div className="drawer" ref={box} role="dialog" aria-modal="true" aria-label={label} tabIndex={-1}>
      <header className="drawer-head">
        <div className="drawer-title">{title}</div>
        <button type="button" className="button button-plain button-icon" onClick={onClose} aria-label="Close" title="Close (Esc)"><Icon name="close" /></button>
      </header>
      <div className="drawer-body" tabIndex={0} role="region" aria-label="Details">{children}</div>
    </div>
  );
}

/** A small window in the middle of the page. `alone` leaves no other command of the keyboard in force. */
export function Dialog({ label, onClose, children, alone = false }: { label: string; onClose: () => void; children: ReactNode; alone?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  useFocusInside(box);
  useKeys([{ keys: "Escape", says: "Close", group: "On this screen", run: onClose }], { alone });
  return (
    <div className="veil" onPointerDown={(event) => event.target === event.currentTarget && onClose()}>
      <div className="dialog" ref={box} role="dialog" aria-modal="true" aria-label={label} tabIndex={-1}>{children}</div>
    </div>
  );
}

function useFocusInside(box: React.RefObject<HTMLDivElement>): void {
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const before = document.activeElement;
    const first = element.querySelector<HTMLElement>("[data-autofocus]");
    (first ?? element).focus({ preventScroll: true });
    const trap = (event: KeyboardEvent) => {
      if (event.key !== "Tab") return;
      const inside = [...element.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((candidate) => candidate.offsetParent !== null);
      const first_ = inside[0];
      const last = inside[inside.length - 1];
      if (!first_ || !last) return;
      const active = document.activeElement;
      if (event.shiftKey && (active === first_ || active === element)) {
        event.preventDefault();
        last.focus();
      } else if (!event.shiftKey && (active === last || !element.contains(active))) {
        event.preventDefault();
        first_.focus();
      }
    };
    document.addEventListener("keydown", trap);
    return () => {
      document.removeEventListener("keydown", trap);
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [box]);
}
