import { ReactNode, useEffect, useState } from "react";
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

/**
 * A secret, this once: it is kept as a hash, or encrypted, and never shown again. Nothing but the button puts it away: not
 * Esc, not a click beside it, not a key that leads to another screen; and the browser asks before it leaves the page.
 */
export function SecretShown({ label, title, secret, onClose, children }: SecretShownProps) {
  const [asked, ask] = useState(false);
  useEffect(() => {
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", stay);
    return () => window.removeEventListener("beforeunload", stay);
  }, []);
  return (
    <Dialog label={label} onClose={() => ask(true)} alone>
      <h2>{title}</h2>
      <p className="quiet">Copy it now: it cannot be shown again.</p>
      <p className="secret-shown"><code data-new-key>{secret}</code><CopyButton text={secret} label="Copy the secret" autoFocus>Copy</CopyButton></p>
      {children}
      <p className="warn" role="alert">{asked && "It would be lost. Copy it, then say so with the button."}</p>
      <div className="form-actions"><button type="button" className="button button-main" onClick={onClose}>I have copied it</button></div>
    </Dialog>
  );
}
