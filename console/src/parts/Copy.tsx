import { useEffect, useState } from "react";
import { shortId } from "../words/numbers";
import { Icon } from "./Icon";
import "./copy.css";

const COPIED_MS = 1_600;

export function CopyButton({ text, label, children, autoFocus = false }: { text: string; label: string; children?: string; autoFocus?: boolean }) {
  const [state, set] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => set("idle"), COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    copyText(text).then(() => set("copied"), () => set("refused"));
  };
  const icon = state === "copied" ? "check" : state === "refused" ? "cross" : "copy";
  return (
    <button type="button" className={children ? "button button-small" : "button button-plain button-small button-icon"} title={label} aria-label={children ? undefined : label} data-autofocus={autoFocus || undefined} onClick={copy}>
      <Icon name={icon} size={14} />
      {children && <span>{state === "copied" ? "Copied" : children}</span>}
      <span className="unseen" role="status">{state === "copied" ? "Copied" : state === "refused" ? "The browser refused; select the text instead" : ""}</span>
    </button>
  );
}

/** A long identifier, shortened in the middle; a click copies all of it. */
export function CopyId({ id, head, tail }: { id: string; head?: number; tail?: number }) {
  const [copied, set] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => set(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button type="button" className="copy-id mono" title={`${id} (click to copy)`} onClick={() => { copyText(id).then(() => set(true), () => undefined); }}>
      <span className="unseen">Copy {id}</span>
      <span aria-hidden="true">{shortId(id, head, tail)}</span>
      <Icon name={copied ? "check" : "copy"} size={12} />
    </button>
  );
}

export async function copyText(text: string): Promise<void> {
  if (!navigator.clipboard) throw new Error("The clipboard needs https or localhost.");
  await navigator.clipboard.writeText(text);
}
