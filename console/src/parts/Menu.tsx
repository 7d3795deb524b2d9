import { ReactNode, useEffect, useId, useRef, useState } from "react";
import "./menu.css";

interface MenuProps {
  label: string;
  button: ReactNode;
  className?: string;
  align?: "left" | "right";
  children: (close: () => void) => ReactNode;
}

/** A button that opens a small surface below it. Esc, a click elsewhere, or moving the focus away closes it. */
export function Menu({ label, button, className = "button", align = "left", children }: MenuProps) {
  const [open, set] = useState(false);
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: PointerEvent) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) set(false);
    };
    const key = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        set(false);
        opener.current?.focus();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const items = [...(box.current?.querySelectorAll<HTMLElement>(".menu a, .menu button, .menu input") ?? [])];
        const here = items.indexOf(document.activeElement as HTMLElement);
        items[(here + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
        event.preventDefault();
      }
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("keydown", key, true);
    };
  }, [open]);

  const close = () => {
    set(false);
    opener.current?.focus();
  };
  return (
    <div className="menu-place" ref={box} onBlur={(event) => {
      if (event.relatedTarget instanceof Node && !box.current?.contains(event.relatedTarget)) set(false);
    }}>
      <button ref={opener} type="button" className={className} aria-label={label} title={label} aria-expanded={open} aria-controls={open ? id : undefined} onClick={() => set(!open)}>{button}</button>
      {open && <div id={id} className={`menu menu-${align}`} role="group" aria-label={label}>{children(close)}</div>}
    </div>
  );
}
