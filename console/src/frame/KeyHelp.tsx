import { useState } from "react";
import { Dialog } from "../parts/Drawer";
import { Icon } from "../parts/Icon";
import { KeyCommand, commandsNow } from "../state/keyboard";

const GROUPS: KeyCommand["group"][] = ["Go to", "On this screen", "Everywhere"];

/** As they stand on the keyboard. */
const KEY_NAMES: Record<string, string> = { Escape: "Esc", ArrowDown: "\u2193", ArrowUp: "\u2191" };

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const [commands] = useState(commandsNow);
  return (
    <Dialog label="Keyboard commands" onClose={onClose}>
      <header className="keys-head">
        <h2>Keyboard commands</h2>
        <button type="button" className="button button-plain button-icon" aria-label="Close" onClick={onClose} data-autofocus><Icon name="close" /></button>
      </header>
      <div className="keys">
        {GROUPS.map((group) => {
          const here = commands.filter((command) => command.group === group);
          return here.length === 0 ? null : (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {here.map((command) => (
                  <div key={command.keys}>
                    <dt>{command.says}</dt>
                    <dd>{command.keys.split(" ").map((key) => <kbd key={key}>{KEY_NAMES[key] ?? key}</kbd>)}</dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
