import { ReactNode, useId, useRef, useState } from "react";
import { Icon } from "./Icon";
import "./forms.css";

/** A place for one file: drop it there, or choose it. */
export function FileDrop({ accept, title, hint, onFile }: { accept: string; title: string; hint: ReactNode; onFile: (file: File) => void }) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  return (
    <div className={`drop ${over ? "drop-over" : ""}`} aria-labelledby={id} role="group"
      onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file) onFile(file);
      }}>
      <Icon name="upload" size={24} />
      <strong id={id}>{title}</strong>
      <p className="quieter">{hint}</p>
      <button type="button" className="button" onClick={() => input.current?.click()}>Choose a file</button>
      <input ref={input} className="unseen" type="file" accept={accept} tabIndex={-1} aria-label="The file" onChange={(event) => {
        const file = event.target.files?.[0];
        event.target.value = "";
        if (file) onFile(file);
      }} />
    </div>
  );
}
