import type { Attempt, AttemptDetail } from "../../api/attempts";
import { CopyButton, CopyId } from "../../parts/Copy";
import { Drawer } from "../../parts/Drawer";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { OutcomeMark } from "../../parts/Outcome";
import { Boundary, Failed, Waiting } from "../../parts/Panel";
import { useScope } from "../../state/project";
import { attemptOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { duration, exact, shortId } from "../../words/numbers";
import { aftermath, verdict } from "../../words/verdict";
import { Context } from "./Context";

/** Why did it fail, and what then? */
export function AttemptDrawer({ attemptId, onMove }: { attemptId: string; onMove: (by: number) => void }) {
  const scope = useScope();
  const detail = useAnswer(attemptOf(scope, attemptId));
  const { data, failure } = detail;
  const close = () => go({ open: null });
  return (
    <Drawer label="Attempt" onClose={close} title={
      <div className="attempt-title">
        <h2>Attempt {data ? <span className="number quiet">{exact(data.attempt.sequence)}</span> : null}</h2>
        <span className="attempt-moves">
          <button type="button" className="button button-plain button-icon button-small" aria-label="Newer attempt" title="Newer (k)" onClick={() => onMove(-1)}><Icon name="left" size={14} /></button>
          <button type="button" className="button button-plain button-icon button-small" aria-label="Older attempt" title="Older (j)" onClick={() => onMove(1)}><Icon name="right" size={14} /></button>
          <CopyButton text={window.location.href} label="Copy the address of this attempt" />
        </span>
      </div>
    }>
      {data ? <Boundary key={data.attempt.attempt_id}>{() => <Detail detail={data} />}</Boundary>
        : failure ? <Failed failure={failure} resource={detail} /> : <Waiting><TableBones rows={10} /></Waiting>}
    </Drawer>
  );
}

function Detail({ detail }: { detail: AttemptDetail }) {
  const { attempt, lead, neighbours } = detail;
  const href = useHref();
  const then = aftermath(attempt, neighbours.same_user);
  return (
    <>
      <section>
        <p className={`verdict ${attempt.outcome === "success" ? "verdict-good" : "verdict-bad"}`}>{verdict(attempt)}</p>
        {then && <p className="quiet">{then}</p>}
      </section>
      <section>
        <dl className="facts">
          <dt>Outcome</dt><dd><OutcomeMark outcome={attempt.outcome} />{attempt.failure_code && <> <code>{attempt.failure_code}</code> <span className="quieter">{attempt.failure_category?.replace(/_/g, " ")}</span></>}</dd>
          <dt>Received</dt><dd><Moment at={attempt.received_at} seconds /> <span className="quieter">on the day {attempt.logical_date}</span></dd>
          <dt>Source</dt><dd><a href={href({ open: null, filters: { source: [attempt.source] }, words: "" })}>{attempt.source}</a>{attempt.channel && <> <span className="quieter">by</span> <a href={href({ open: null, filters: { channel: [attempt.channel] }, words: "" })}>{attempt.channel}</a></>}</dd>
          <dt>User</dt><dd>{attempt.user_id ? <><CopyId id={attempt.user_id} /> <a href={href({ open: null, filters: { user: [attempt.user_id] }, words: "" })}>all attempts</a></> : <span className="quieter">not named</span>}</dd>
          <dt>Try</dt><dd>{attempt.retry_attempt}</dd>
          <dt>Took</dt><dd>{attempt.duration_ms === null ? "\u2013" : duration(attempt.duration_ms)}</dd>
          {attempt.idempotency_key && <><dt>Idempotency key</dt><dd><CopyId id={attempt.idempotency_key} /></dd></>}
          <dt>Attempt id</dt><dd><CopyId id={attempt.attempt_id} head={12} tail={6} /></dd>
        </dl>
      </section>
      <Context context={attempt.context} />
      {lead && <LeadFacts lead={lead} />}
      <Neighbours title="The same person" rows={neighbours.same_user.filter((row) => row.attempt_id !== attempt.attempt_id)} none="No other attempt of this person is on record." />
      <Neighbours title="Around it" rows={[...neighbours.next, ...neighbours.previous].filter((row) => row.attempt_id !== attempt.attempt_id)} none={null} />
      {attempt.hash && (
        <section>
          <h3>Proof</h3>
          <dl className="facts">
            <dt>Hash</dt><dd><CopyId id={attempt.hash} head={16} tail={8} /></dd>
            {attempt.previous_hash && <><dt>Of the row before</dt><dd><CopyId id={attempt.previous_hash} head={16} tail={8} /></dd></>}
          </dl>
          <p className="quieter proof-note">Each row's hash covers its content and the hash before it: a changed or missing row breaks the chain. <code>daybook verify</code> checks it.</p>
        </section>
      )}
    </>
  );
}

function LeadFacts({ lead }: { lead: Record<string, unknown> }) {
  const fields = typeof lead["fields"] === "object" && lead["fields"] !== null ? (lead["fields"] as Record<string, unknown>) : {};
  const id = typeof lead["lead_id"] === "string" ? lead["lead_id"] : null;
  return (
    <section>
      <h3>The lead</h3>
      <dl className="facts">
        {id && <><dt>Lead id</dt><dd><CopyId id={id} head={12} tail={6} /></dd></>}
        {Object.entries(fields).map(([name, value]) => <div className="fact-row" key={name}><dt>{name.replace(/_/g, " ")}</dt><dd className="number">{typeof value === "number" ? exact(value) : String(value)}</dd></div>)}
      </dl>
    </section>
  );
}

function Neighbours({ title, rows, none }: { title: string; rows: readonly Attempt[]; none: string | null }) {
  const href = useHref();
  if (rows.length === 0) return none ? <section><h3>{title}</h3><p className="quieter">{none}</p></section> : null;
  const sorted = [...rows].sort((one, other) => other.sequence - one.sequence);
  return (
    <section>
      <h3>{title}</h3>
      <table className="table neighbours">
        <tbody>
          {sorted.map((row) => (
            <tr key={row.attempt_id}>
              <td><a href={href({ open: row.attempt_id })}><Moment at={row.received_at} seconds /></a></td>
              <td><OutcomeMark outcome={row.outcome} /></td>
              <td>{row.failure_code ? <code>{row.failure_code}</code> : row.lead_id ? <span className="quiet mono">{shortId(row.lead_id)}</span> : null}</td>
              <td className="quiet">{row.source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
