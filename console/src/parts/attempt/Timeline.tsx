import type { Attempt } from "../../api/attempts";
import { useHref } from "../../state/useView";
import { duration, shortId } from "../../words/numbers";
import { Moment } from "../Moment";
import { Name } from "../Name";
import { OutcomeMark } from "../Outcome";
import "./attempt.css";

/** Attempts in the order of time on one line, with what lay between them; this one is marked. */
export function Timeline({ rows, here, hrefOf }: { rows: readonly Attempt[]; here: string; hrefOf?: (row: Attempt) => string }) {
  const href = useHref();
  const link = hrefOf ?? ((row: Attempt) => href({ screen: "attempts", item: row.attempt_id, open: null }));
  const sorted = [...rows].sort((one, other) => one.received_at - other.received_at || one.sequence - other.sequence);
  return (
    <ol className="timeline">
      {sorted.map((row, index) => {
        const before = sorted[index - 1];
        const isThis = row.attempt_id === here;
        return (
          <li key={row.attempt_id} className={`timeline-row timeline-${row.outcome === "success" ? "good" : "bad"} ${isThis ? "timeline-here" : ""}`} aria-current={isThis ? "true" : undefined}>
            <svg className="timeline-dot" width="14" height="14" aria-hidden="true"><circle cx="7" cy="7" r={isThis ? 5.5 : 4} /></svg>
            <span className="timeline-time">{isThis ? <b><Moment at={row.received_at} seconds /></b> : <a href={link(row)}><Moment at={row.received_at} seconds /></a>}</span>
            <span className="quieter number timeline-gap">{before ? `+${duration(row.received_at - before.received_at)}` : ""}</span>
            <OutcomeMark outcome={row.outcome} />
            <span className="timeline-what">{row.failure_code ? <code>{row.failure_code}</code> : row.lead_id ? <span className="quiet mono">{shortId(row.lead_id)}</span> : null}</span>
            <span className="quiet timeline-source"><Name>{row.source}</Name>{isThis && <span className="quieter">, this one</span>}</span>
          </li>
        );
      })}
    </ol>
  );
}
