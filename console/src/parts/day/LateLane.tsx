import type { LateAttempt } from "../../api/days";
import { useScope } from "../../state/project";
import { useHref } from "../../state/useView";
import { counted, exact } from "../../words/numbers";
import { dayWords } from "../../words/times";
import { Moment } from "../Moment";
import { Name } from "../Name";
import { OutcomeMark } from "../Outcome";
import "./signals.css";

/** What came after its own day: attempts for a closed day, and events of an earlier time. Counted here, never written there. */
export function LateLane({ count, attempts, events }: { count: number; attempts: readonly LateAttempt[]; events: number }) {
  const { today } = useScope();
  const href = useHref();
  return (
    <>
      {count > 0 && <p className="quiet">{counted(count, "attempt")} came for a day that was closed already. {count === 1 ? "It counts" : "They count"} on this day; the closed one is not touched.</p>}
      {events > 0 && <p className="quiet">{counted(events, "late event")}: received on this day, with a time of an earlier one. Days count by receipt, so {events === 1 ? "it counts" : "they count"} here.</p>}
      {attempts.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Late attempts">
          <table className="table late-table">
            <thead><tr><th scope="col">Received</th><th scope="col">For the day</th><th scope="col">Outcome</th><th scope="col">Source</th></tr></thead>
            <tbody>
              {attempts.map((row) => (
                <tr key={row.attempt_id}>
                  <td><a href={href({ screen: "attempts", item: row.attempt_id, open: null })}><Moment at={row.late?.received_at ?? row.received_at} seconds /></a></td>
                  <td>{row.late ? <a href={href({ screen: "days", item: row.late.date, open: null })}>{dayWords(row.late.date, today)}</a> : "\u2013"}</td>
                  <td><OutcomeMark outcome={row.outcome} /></td>
                  <td className="quiet"><Name>{row.source}</Name></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {count > attempts.length && <p className="quieter">{exact(count - attempts.length)} more.</p>}
    </>
  );
}
