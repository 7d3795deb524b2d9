import { KeyboardEvent, useState } from "react";
import { Dialog } from "../parts/Drawer";
import { Action, actionsNow } from "../state/actions";

const STEPS: Partial<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** What can be done here, as a list that the keyboard goes through. */
export function ActionMenu({ onClose }: { onClose: () => void }) {
  const [actions] = useState(actionsNow);
  const key = (event: KeyboardEvent<HTMLUListElement>) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const items = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
    items[(items.indexOf(document.activeElement as HTMLElement) + by + items.length) % items.length]?.focus();
  };
  const choose = (action: Action) => {
    onClose();
    // Once this is closed and the focus is back where it was: an action may open something that takes it.
    requestAnimationFrame(action.run);
  };
  return (
    <Dialog label="Actions" onClose={onClose}>
      <h2>Actions</h2>
      <ul onKeyDown={key}>
        {actions.map((action, index) => <li key={action.says}><button type="button" className="menu-item" data-autofocus={index === 0 ? true : undefined} onClick={() => choose(action)}>{action.says}</button></li>)}
      </ul>
    </Dialog>
  );
}
