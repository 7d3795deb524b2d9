import type { Report } from "../../api/reports";
import { useScope } from "../../state/project";
import { attemptsBetween } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { counted, exact } from "../../words/numbers";
import { addDays, startOf } from "../../words/times";
import { Icon } from "../Icon";
import { Moment } from "../Moment";
import { RowsLink } from "../RowsLink";

/** Until when the report counted, in milliseconds, where its day went on after that; null else, and where nobody says. */
export function endOfReport(report: Report, date: string, zone: string): number | null {
  const at = report.snapshot_at;
  return at !== null && at < startOf(addDays(date, 1), zone) ? at : null;
}

interface AsOfProps {
  report: Report;
  date: string;
  /** Writes it again, where no other button beside it does. */
  onWrite?: () => void;
  busy?: boolean;
}

/** At the head of a report whose day went on after it was written: until when it counted, and what came since. */
export function AsOf({ report, date, onWrite, busy = false }: AsOfProps) {
  const scope = useScope();
  const at = endOfReport(report, date, scope.zone);
  const until = startOf(addDays(date, 1), scope.zone);
  const since = useAnswer(at === null ? null : attemptsBetween(scope, at, until), scope.view.live && date >= scope.today);
  if (at === null || !since.data) return null;
  const filter = { from: new Date(at).toISOString(), to: new Date(until).toISOString() };
  return (
    <p className="report-as-of" role="note">
      <Icon name="clock" size={14} />
      <span>As of <Moment at={at} />; <RowsLink filter={filter} date={date} title={exact(since.data)}>{counted(since.data, "attempt")}</RowsLink> since, which this text does not know.</span>
      {onWrite && <button type="button" className="button button-small" disabled={busy} onClick={onWrite}><Icon name="report" size={14} />{busy ? "Starting \u2026" : "Write it again"}</button>}
    </p>
  );
}
