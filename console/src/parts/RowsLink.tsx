import { ReactNode } from "react";
import { useScope } from "../state/project";
import { RowsFilter, rowsOf, rowsWithin } from "../state/rows";
import { useHref } from "../state/useView";
import { FilterField, Filters, RangeChoice } from "../state/view";

/** A number that leads to the attempts behind it. `date` is the day where the filter itself names no time. */
export function RowsLink({ filter = {}, date, title, children }: { filter?: RowsFilter; date: string | null; title?: string; children: ReactNode }) {
  const href = useHref();
  return <a className="rows-link" href={href({ live: true, ...rowsOf(filter, date) })} title={title ?? "Open these attempts"}>{children}</a>;
}

interface WithinProps {
  more?: Filters;
  without?: readonly FilterField[];
  /** Where the number is of another time than the range in the bar. */
  range?: RangeChoice;
  title?: string;
  className?: string;
  children: ReactNode;
}

/** A number that follows the range and the filters in the bar, and leads to the attempts behind it with the same ones. */
export function RowsWithin({ more, without, range, title, className = "rows-link", children }: WithinProps) {
  const { view } = useScope();
  const href = useHref();
  const rows = rowsWithin(view, more, { ...(without ? { without } : {}), ...(range ? { range } : {}) });
  return rows ? <a className={className} href={href(rows)} title={title ?? "Open these attempts"}>{children}</a> : <>{children}</>;
}
