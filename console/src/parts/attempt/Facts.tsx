import type { AttemptDetail } from "../../api/attempts";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { useHref } from "../../state/useView";
import { duration, exact } from "../../words/numbers";
import { clockSeconds, dateOf, dayWords, utc } from "../../words/times";
import { aftermath, verdict } from "../../words/verdict";
import { CopyId } from "../Copy";
import { Said } from "../Name";
import { Moment } from "../Moment";
import { OutcomeMark } from "../Outcome";
import { limitsOf, schemaWords } from "./understood";
import "./attempt.css";

/** What became of the attempt, and of the person after it, in a sentence each. */
export function VerdictWords({ detail }: { detail: AttemptDetail }) {
  const { attempt } = detail;
  const { zone } = useScope();
  const now = useNow(60_000);
  // All of the limits that refused must let the next one through: the last of them decides.
  const passing = limitsOf(detail).flatMap((limit) => (limit.allowed || limit.passes_at === null ? [] : [limit.passes_at]));
  const passesAt = passing.length > 0 ? Math.max(...passing) : null;
  const then = aftermath(attempt, sameUser(detail));
  return (
    <>
      <p className={`verdict ${attempt.outcome === "success" ? "verdict-good" : "verdict-bad"}`}>{verdict(attempt, { zone, now, passesAt })}</p>
      {then && <p className="quiet">{then}</p>}
    </>
  );
}

/** The attempts of the same person, this one among them. */
export function sameUser({ attempt, retries, neighbours }: AttemptDetail) {
  const found = new Map([attempt, ...neighbours.same_user, ...retries].map((row) => [row.attempt_id, row]));
  return [...found.values()].sort((one, other) => one.sequence - other.sequence);
}

export function AttemptFacts({ detail }: { detail: AttemptDetail }) {
  const { attempt } = detail;
  const href = useHref();
  const rows = (filters: object) => href({ screen: "attempts", item: null, open: null, filters, words: "" });
  const schema = schemaWords(detail);
  return (
    <dl className="facts">
      <dt>Outcome</dt><dd><OutcomeMark outcome={attempt.outcome} />{attempt.failure_code && <> <a href={rows({ code: [attempt.failure_code] })}><code>{attempt.failure_code}</code></a> <span className="quieter">{attempt.failure_category?.replace(/_/g, " ")}</span></>}</dd>
      <dt>Received</dt><dd><Received attempt={attempt} /></dd>
      <dt>Source</dt><dd><a href={rows({ source: [attempt.source] })}><Said>{attempt.source}</Said></a>{attempt.channel && <> <span className="quieter">by</span> <a href={rows({ channel: [attempt.channel] })}><Said>{attempt.channel}</Said></a></>}</dd>
      <dt>User</dt><dd>{attempt.user_id ? <><CopyId id={attempt.user_id} /> <a href={href({ screen: "attempts", item: null, open: null, filters: { user: [attempt.user_id] }, words: "", range: { kind: "preset", preset: "1y" } })}>all attempts</a></> : <span className="quieter">not named</span>}</dd>
      <dt>Judged by</dt><dd>{schema ? <>field schema, {schema}</> : <span className="quiet">the built-in rules; this source has no field schema</span>}</dd>
      <dt>Try</dt><dd>{attempt.retry_attempt}</dd>
      <dt>Took</dt><dd>{attempt.duration_ms === null ? "\u2013" : duration(attempt.duration_ms)}</dd>
      {attempt.idempotency_key && <><dt>Idempotency key</dt><dd><CopyId id={attempt.idempotency_key} /></dd></>}
      <dt>Attempt id</dt><dd><CopyId id={attempt.attempt_id} head={12} tail={6} /></dd>
    </dl>
  );
}

/** When it came, and the day it counts for where that is another one: its own was closed already. */
function Received({ attempt }: { attempt: AttemptDetail["attempt"] }) {
  const { zone, today } = useScope();
  const href = useHref();
  const { received_at: at, logical_date: date } = attempt;
  const day = <a href={href({ screen: "days", item: date, open: null })}>{date === today ? "Today" : dayWords(date, today)}</a>;
  if (dateOf(at, zone) !== date) return <><Moment at={at} seconds /><span className="quieter">, counts for</span> {day}</>;
  return <>{day} <time className="nowrap number" dateTime={new Date(at).toISOString()} title={`${utc(at)} (shown in ${zone})`}>{clockSeconds(at, zone)}</time></>;
}

export function LeadFacts({ lead }: { lead: Record<string, unknown> }) {
  const fields = typeof lead["fields"] === "object" && lead["fields"] !== null ? (lead["fields"] as Record<string, unknown>) : {};
  const id = typeof lead["lead_id"] === "string" ? lead["lead_id"] : null;
  return (
    <dl className="facts">
      {id && <><dt>Lead id</dt><dd><CopyId id={id} head={12} tail={6} /></dd></>}
      {Object.entries(fields).map(([name, value]) => <div className="fact-row" key={name}><dt><Said>{name.replace(/_/g, " ")}</Said></dt><dd className="number">{typeof value === "number" ? exact(value) : <Said>{typeof value === "object" ? JSON.stringify(value) : String(value)}</Said>}</dd></div>)}
    </dl>
  );
}

export function DuplicateOf({ id }: { id: string }) {
  const href = useHref();
  return <p>{id.startsWith("att_") ? <a href={href({ screen: "attempts", item: id, open: null })}>The attempt that came first</a> : <>Lead <CopyId id={id} head={12} tail={6} /></>}</p>;
}
