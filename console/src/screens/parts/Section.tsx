import { ReactNode } from "react";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return <section className="panel" aria-label={title}><header className="panel-head"><h2>{title}</h2></header>{children}</section>;
}
