import { ReactNode } from "react";
import "./figure.css";

interface FigureProps {
  label: string;
  value: string;
  exactly?: string;
  comparison: ReactNode;
  /** The rows behind the number. */
  href?: string | undefined;
  children?: ReactNode;
}

/** One number with its comparison and its shape over time. */
export function Figure({ label, value, exactly, comparison, href, children }: FigureProps) {
  return (
    <div className="figure">
      <h2>{label}</h2>
      <p className="figure-value number" title={exactly}>{href ? <a className="rows-link" href={href} aria-label={`${label}: ${value}`}>{value}</a> : value}</p>
      <p className="figure-comparison">{comparison}</p>
      {children}
    </div>
  );
}

export function FigureBones({ count = 4 }: { count?: number }) {
  return (
    <div className="figures">
      {Array.from({ length: count }, (_, index) => (
        <div className="figure" key={index}>
          <span className="bone figure-bone-label" /><span className="bone figure-bone-value" /><span className="bone figure-bone-label" /><span className="bone figure-bone-spark" />
        </div>
      ))}
    </div>
  );
}
