import { CopyButton } from "../../parts/Copy";
import { Dialog } from "../../parts/Drawer";

/** A key's secret, this once. */
export function NewKey({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Dialog label="The new key" onClose={onClose}>
      <h2>{name}</h2>
      <p className="quiet">Copy it now: it is stored as a hash and cannot be shown again.</p>
      <p className="key-shown"><code data-new-key>{secret}</code><CopyButton text={secret} label="Copy the key">Copy</CopyButton></p>
      <div className="settings-actions"><button type="button" className="button button-main" onClick={onClose} data-autofocus>I have copied it</button></div>
    </Dialog>
  );
}
