import { useState } from "react";
import type { Attempt } from "../../api/attempts";
import { useScope } from "../../state/project";
import { useHref } from "../../state/useView";
import { duration, shortId } from "../../words/numbers";
import { clockSeconds, dayWords, utc } from "../../words/times";
import { Name } from "../Name";
import { OutcomeMark } from "../Outcome";
import { Entry, daysOfTimeline } from "./runs";
import "./attempt.css";

type HrefOf = (row: Attempt) => string;

/** Attempts in the order of time on one line, day by day, with what lay between them; this one is marked. */
export function Timeline({ rows, here, hrefOf }: { rows: readonly Attempt[]; here: string; hrefOf?: HrefOf }) {
  const { zone, today } = useScope();
  const href = useHref();
  const link = hrefOf ?? ((row: Attempt) => href({ screen: "attempts", item: row.attempt_id, open: null }));
  return (
    <>
      {daysOfTimeline(rows, here, zone).map((day) => (
        <section key={day.date} className="timeline-day">
          <p className="quieter timeline-date">{dayWords(day.date, today)}</p>
          <ol className="timeline">
            {day.entries.map((entry) => entry.kind === "row"
              ? <Row key={entry.row.attempt_id} row={entry.row} before={entry.before} isThis={entry.row.attempt_id === here} href={link(entry.row)} />
              : <Run key={entry.rows[0]?.attempt_id} entry={entry} hrefOf={link} />)}
          </ol>
        </section>
      ))}
    </>
  );
}

function Row({ row, before, isThis, href }: { row: Attempt; before: Attempt | null; isThis: boolean; href: string }) {
  return (
    <li className={`timeline-row timeline-${row.outcome === "success" ? "good" : "bad"} ${isThis ? "timeline-here" : ""}`} aria-current={isThis ? "true" : undefined}>
      <svg className="timeline-dot" width="14" height="14" aria-hidden="true"><circle cx="7" cy="7" r={isThis ? 5.5 : 4} /></svg>
      <span className="timeline-time">{isThis ? <b><Clock at={row.received_at} /></b> : <a href={href}><Clock at={row.received_at} /></a>}</span>
      <span className="quieter number timeline-gap">{gap(before, row)}</span>
      <OutcomeMark outcome={row.outcome} />
      <span className="timeline-what">{row.failure_code ? <code title={row.failure_code}>{row.failure_code}</code> : row.lead_id ? <span className="quiet mono" title={row.lead_id}>{shortId(row.lead_id)}</span> : null}</span>
      <span className="quiet timeline-source"><Name>{row.source}</Name>{isThis && <span className="quieter">, this one</span>}</span>
    </li>
  );
}

/** The same failure many times in a row: how many, from when to when. */
function Run({ entry, hrefOf }: { entry: Entry & { kind: "run" }; hrefOf: HrefOf }) {
  const [all, showAll] = useState(false);
  const { rows, before } = entry;
  const [first, last] = [rows[0], rows[rows.length - 1]];
  if (!first || !last) return null;
  if (all) return <>{rows.map((row, index) => <Row key={row.attempt_id} row={row} before={rows[index - 1] ?? before} isThis={false} href={hrefOf(row)} />)}</>;
  return (
    <li className="timeline-row timeline-run timeline-bad">
      <svg className="timeline-dot" width="14" height="14" aria-hidden="true"><circle cx="7" cy="7" r="4" /></svg>
      <span className="timeline-time"><Clock at={first.received_at} /></span>
      <span className="quieter number timeline-gap">{gap(before, first)}</span>
      <span className="timeline-what"><b className="number">{rows.length}</b> {"\u00d7"} <code>{first.failure_code}</code> <span className="quieter">until <Clock at={last.received_at} /></span></span>
      <button type="button" className="button button-plain button-small" onClick={() => showAll(true)}>Show all</button>
    </li>
  );
}

function gap(before: Attempt | null, row: Attempt): string {
  return before ? `+${duration(row.received_at - before.received_at)}` : "";
}

/** The time of day alone: the day stands above. */
function Clock({ at }: { at: number }) {
  const { zone } = useScope();
  return <time className="nowrap number" dateTime={new Date(at).toISOString()} title={`${utc(at)} (shown in ${zone})`}>{clockSeconds(at, zone)}</time>;
}
