import { ReactNode } from "react";
import { CopyButton } from "./Copy";
import { Icon } from "./Icon";
import "./drawer.css";

/** The head of a drawer over a list: what is open, its neighbours, its address. */
export function DrawerTitle({ thing, onMove, children }: { thing: string; onMove: (by: number) => void; children: ReactNode }) {
  return (
    <div className="drawer-what">
      <h2>{children}</h2>
      <span className="drawer-moves">
        <button type="button" className="button button-plain button-icon button-small" aria-label={`Newer ${thing}`} title="Newer (k)" onClick={() => onMove(-1)}><Icon name="left" size={14} /></button>
        <button type="button" className="button button-plain button-icon button-small" aria-label={`Older ${thing}`} title="Older (j)" onClick={() => onMove(1)}><Icon name="right" size={14} /></button>
        <CopyButton text={window.location.href} label={`Copy the address of this ${thing}`} />
      </span>
    </div>
  );
}
