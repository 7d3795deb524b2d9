import { ReactNode } from "react";
import { RowsFilter, rowsOf } from "../state/rows";
import { useHref } from "../state/useView";

/** A number that leads to the attempts behind it. `date` is the day where the filter itself names no time. */
export function RowsLink({ filter = {}, date, title, children }: { filter?: RowsFilter; date: string | null; title?: string; children: ReactNode }) {
  const href = useHref();
  return <a className="rows-link" href={href({ live: true, ...rowsOf(filter, date) })} title={title ?? "Open these attempts"}>{children}</a>;
}
