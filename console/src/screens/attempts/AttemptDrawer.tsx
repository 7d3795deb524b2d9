import type { AttemptDetail } from "../../api/attempts";
import { CopySummary } from "../../parts/attempt/CopySummary";
import { AttemptFacts, DuplicateOf, LeadFacts, VerdictWords, sameUser } from "../../parts/attempt/Facts";
import { Limits } from "../../parts/attempt/Limits";
import { Request } from "../../parts/attempt/Request";
import { Timeline } from "../../parts/attempt/Timeline";
import { Validation } from "../../parts/attempt/Validation";
import { fieldsOf, limitsOf, schemaWords } from "../../parts/attempt/understood";
import { CopyButton, CopyId } from "../../parts/Copy";
import { Drawer } from "../../parts/Drawer";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Boundary, Failed, Waiting } from "../../parts/Panel";
import { useKeys } from "../../state/keyboard";
import { useAttemptActions } from "../../parts/attempt/useAttemptActions";
import { useScope } from "../../state/project";
import { attemptOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { addressOf, go, useHref } from "../../state/useView";
import { exact } from "../../words/numbers";

/** Why did it fail, and what then? A look beside the list; the page of the attempt has the rest. */
export function AttemptDrawer({ attemptId, onMove }: { attemptId: string; onMove: (by: number) => void }) {
  const scope = useScope();
  const href = useHref();
  const detail = useAnswer(attemptOf(scope, attemptId));
  const { data, failure } = detail;
  const close = () => go({ open: null });
  useAttemptActions(data?.attempt);
  useKeys([{ keys: "Enter", says: "Open the attempt's page", group: "On this screen", run: () => go({ item: attemptId, open: null }) }]);
  return (
    <Drawer label="Attempt" onClose={close} title={
      <div className="attempt-title">
        <h2>Attempt {data ? <span className="number quiet">{exact(data.attempt.sequence)}</span> : null}</h2>
        <span className="attempt-moves">
          <button type="button" className="button button-plain button-icon button-small" aria-label="Newer attempt" title="Newer (k)" onClick={() => onMove(-1)}><Icon name="left" size={14} /></button>
          <button type="button" className="button button-plain button-icon button-small" aria-label="Older attempt" title="Older (j)" onClick={() => onMove(1)}><Icon name="right" size={14} /></button>
          <CopyButton text={addressOf(scope)} label="Copy the address of this attempt" />
        </span>
        <a className="button button-small attempt-page-link" href={href({ item: attemptId, open: null })} title="Everything about this attempt (Enter)">Open page</a>
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
  const fields = fieldsOf(detail).filter((field) => field.result === "failed");
  const refusing = limitsOf(detail).filter((limit) => !limit.allowed);
  const person = sameUser(detail);
  const around = [...neighbours.next, attempt, ...neighbours.previous];
  const duplicateOf = attempt.context["duplicate_of"];
  const inList = (row: { attempt_id: string }) => href({ open: row.attempt_id });
  return (
    <>
      <section><VerdictWords detail={detail} /><p className="attempt-copy"><CopySummary detail={detail} /></p></section>
      {fields.length > 0 && <section><h3>{fields.length === 1 ? "The field that was refused" : `The ${fields.length} fields that were refused`}</h3><Validation fields={fields} schema={schemaWords(detail)} /></section>}
      {refusing.length > 0 && <section><h3>The limit that was reached</h3><Limits limits={refusing} receivedAt={attempt.received_at} /></section>}
      {typeof duplicateOf === "string" && <section><h3>The first of its kind</h3><DuplicateOf id={duplicateOf} /></section>}
      <section><AttemptFacts detail={detail} /></section>
      {person.length > 1 && <section><h3>The same person</h3><Timeline rows={person} here={attempt.attempt_id} hrefOf={inList} /></section>}
      {lead && <section><h3>The lead</h3><LeadFacts lead={lead} /></section>}
      <section><h3>Request</h3><Request detail={detail} /></section>
      {around.length > 1 && <section><h3>Before and after</h3><Timeline rows={around} here={attempt.attempt_id} hrefOf={inList} /></section>}
      {attempt.hash && (
        <section>
          <h3>Proof</h3>
          <dl className="facts">
            <dt>Hash</dt><dd><CopyId id={attempt.hash} head={16} tail={8} /></dd>
            {attempt.previous_hash && <><dt>Of the row before</dt><dd><CopyId id={attempt.previous_hash} head={16} tail={8} /></dd></>}
          </dl>
          <p className="quieter proof-note"><a href={href({ item: attempt.attempt_id, open: null })}>The attempt's page</a> proves that it is in its closed day.</p>
        </section>
      )}
    </>
  );
}
