import { useId, useState } from "react";
import { Snippet } from "./Empty";
import "./forms.css";

export interface Sample {
  name: string;
  text: string;
}

/** The same thing in several languages; one is shown, each can be copied. */
export function Samples({ label, samples }: { label: string; samples: readonly Sample[] }) {
  const [chosen, choose] = useState(0);
  const id = useId();
  const shown = samples[chosen] ?? samples[0];
  if (!shown) return null;
  const move = (by: number) => {
    const next = (chosen + by + samples.length) % samples.length;
    choose(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <div className="samples">
      <div className="samples-tabs" role="tablist" aria-label={label} onKeyDown={(event) => {
        if (event.key === "ArrowRight") move(1);
        if (event.key === "ArrowLeft") move(-1);
      }}>
        {samples.map((sample, index) => <button key={sample.name} id={`${id}-${index}`} type="button" role="tab" aria-selected={index === chosen} aria-controls={`${id}-panel`} tabIndex={index === chosen ? 0 : -1} onClick={() => choose(index)}>{sample.name}</button>)}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}><Snippet text={shown.text} /></div>
    </div>
  );
}
