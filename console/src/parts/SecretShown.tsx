import { ReactNode } from "react";
import { CopyButton } from "./Copy";
import { Dialog } from "./Drawer";
import "./forms.css";

interface SecretShownProps {
  label: string;
  title: ReactNode;
  secret: string;
  onClose: () => void;
  children?: ReactNode;
}

/** A secret, this once: it is kept as a hash, or encrypted, and never shown again. */
export function SecretShown({ label, title, secret, onClose, children }: SecretShownProps) {
  return (
    <Dialog label={label} onClose={onClose}>
      <h2>{title}</h2>
      <p className="quiet">Copy it now: it cannot be shown again.</p>
      <p className="secret-shown"><code data-new-key>{secret}</code><CopyButton text={secret} label="Copy the secret">Copy</CopyButton></p>
      {children}
      <div className="form-actions"><button type="button" className="button button-main" onClick={onClose} data-autofocus>I have copied it</button></div>
    </Dialog>
  );
}
