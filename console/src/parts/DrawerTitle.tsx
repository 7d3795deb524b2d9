import { ReactNode } from "react";
import { useScope } from "../state/project";
import { addressOf } from "../state/useView";
import { CopyButton } from "./Copy";
import { Icon } from "./Icon";
import "./drawer.css";

/** The head of a drawer over a list: what is open, its neighbours, its address. */
export function DrawerTitle({ thing, onMove, children }: { thing: string; onMove: (by: number) => void; children: ReactNode }) {
  const scope = useScope();
  return (
    <div className="drawer-what">
      <h2>{children}</h2>
      <span className="drawer-moves">
        <button type="button" className="button button-plain button-icon button-small" aria-label={`Newer ${thing}`} title="Newer (k)" onClick={() => onMove(-1)}><Icon name="left" size={14} /></button>
        <button type="button" className="button button-plain button-icon button-small" aria-label={`Older ${thing}`} title="Older (j)" onClick={() => onMove(1)}><Icon name="right" size={14} /></button>
        <CopyButton text={addressOf(scope)} label={`Copy the address of this ${thing}`} />
      </span>
    </div>
  );
}
