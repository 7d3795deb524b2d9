import type { AttemptDetail } from "../../api/attempts";
import { CopySummary } from "../../parts/attempt/CopySummary";
import { AttemptFacts, DuplicateOf, LeadFacts, VerdictWords, sameUser } from "../../parts/attempt/Facts";
import { Limits } from "../../parts/attempt/Limits";
import { Proof, ProofMismatch, ProofPending } from "../../parts/attempt/Proof";
import { Request } from "../../parts/attempt/Request";
import { Timeline } from "../../parts/attempt/Timeline";
import { Validation } from "../../parts/attempt/Validation";
import { useAttemptActions } from "../../parts/attempt/useAttemptActions";
import { fieldsOf, limitsOf, schemaWords } from "../../parts/attempt/understood";
import { CopyButton } from "../../parts/Copy";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Panel } from "../../parts/Panel";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { attemptOf, proofOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { addressOf, go, useHref, useTop } from "../../state/useView";
import { exact } from "../../words/numbers";
import "./attempt.css";

/** Why did it fail, what then, and can it be proven? */
export function AttemptScreen({ attemptId }: { attemptId: string }) {
  const scope = useScope();
  const href = useHref();
  const detail = useAnswer(attemptOf(scope, attemptId));
  const { data } = detail;
  const open = data !== undefined && data.attempt.logical_date >= scope.today;
  const proof = useAnswer(data && data.attempt.hash !== null && !open ? proofOf(scope, attemptId) : null);
  const before = data ? nearest(data.neighbours.previous, -1) : null;
  const after = data ? nearest(data.neighbours.next, 1) : null;
  const turn = (id: string | null) => id !== null && go({ item: id });
  useKeys([
    { keys: "[", says: "The attempt before", group: "On this screen", run: () => turn(before) },
    { keys: "]", says: "The attempt after", group: "On this screen", run: () => turn(after) },
    { keys: "k", says: "The attempt after", group: "On this screen", run: () => turn(after) },
    { keys: "j", says: "The attempt before", group: "On this screen", run: () => turn(before) },
    { keys: "Escape", says: "All attempts", group: "On this screen", run: () => go({ item: null }) },
  ]);
  useAttemptActions(data?.attempt);
  useTop();
  // One notice for what one answer did not give, not one for each of its parts.
  const lost = data === undefined && detail.failure !== null;
  const dayHref = (date: string) => href({ screen: "days", item: date, open: null });
  const title = data ? `Attempt ${exact(data.attempt.sequence)}` : "Attempt";
  return (
    <>
      <nav className="day-nav" aria-label="Attempts">
        <a href={href({ item: null })}>Attempts</a><span className="quieter" aria-hidden="true">/</span>
        <Step id={before} label="The attempt before" hint="[" icon="left" /><Step id={after} label="The attempt after" hint="]" icon="right" />
        <CopyButton text={addressOf(scope)} label="Copy the address of this attempt" />
        {data && <CopySummary detail={data} />}
      </nav>
      <h1>{title}</h1>
      {data && <div className="attempt-verdict"><VerdictWords detail={data} /></div>}
      {lost ? <div className="screen-stack"><Panel title="The attempt" resource={detail} skeleton={null}>{() => null}</Panel></div> : (
        <>
          <div className="attempt">
            <div className="stack">
              <Panel title="Fields" resource={detail} skeleton={<TableBones rows={6} />} isEmpty={(found) => fieldsOf(found).length === 0} empty={<NoFields detail={data} />}>
                {(found) => <Validation fields={fieldsOf(found)} schema={schemaWords(found)} />}
              </Panel>
              <Panel title="Limits" note="checked before the fields" resource={detail} skeleton={<TableBones rows={2} />} isEmpty={(found) => limitsOf(found).length === 0}
                empty={<Empty title="No limit was asked"><p>An attempt that names nobody, or could not be read, meets no limit of a person.</p></Empty>}>
                {(found) => <Limits limits={limitsOf(found)} receivedAt={found.attempt.received_at} />}
              </Panel>
              <Panel title="The same person" note="in the order of time" resource={detail} skeleton={<TableBones rows={4} />} isEmpty={(found) => sameUser(found).length < 2}
                empty={<Empty title={data?.attempt.user_id ? "No other attempt of this person" : "This attempt names nobody"}><p>Tries of the same person or with the same idempotency key appear here, with the time between them.</p></Empty>}>
                {(found) => <Timeline rows={sameUser(found)} here={found.attempt.attempt_id} />}
              </Panel>
              <Panel title="Before and after" note="other attempts, in the order of time" resource={detail} skeleton={<TableBones rows={4} />}>
                {(found) => <Timeline rows={[...found.neighbours.previous, found.attempt, ...found.neighbours.next]} here={found.attempt.attempt_id} />}
              </Panel>
            </div>
            <div className="stack">
              <Panel title="Facts" resource={detail} skeleton={<TableBones rows={8} />}>{(found) => <AttemptFacts detail={found} />}</Panel>
              {data && typeof data.attempt.context["duplicate_of"] === "string" && <Panel title="The first of its kind" resource={detail} skeleton={null}>{() => <DuplicateOf id={String(data.attempt.context["duplicate_of"])} />}</Panel>}
              {data?.lead && <Panel title="The lead" resource={detail} skeleton={null}>{(found) => found.lead && <LeadFacts lead={found.lead} />}</Panel>}
              <Panel title="Request" resource={detail} skeleton={<TableBones rows={5} />}>{(found) => <Request detail={found} />}</Panel>
            </div>
          </div>
          <div className="screen-stack">
            {data && (open || data.attempt.hash === null)
              ? <Panel title="Proof" resource={detail} skeleton={null}>{(found) => <ProofPending hash={found.attempt.hash} previousHash={found.attempt.previous_hash} date={found.attempt.logical_date} />}</Panel>
              : <Panel title="Proof" note="recomputed in this browser" resource={proof} skeleton={<TableBones rows={6} />} isEmpty={(found) => found === null}
                  empty={data && <ProofPending hash={data.attempt.hash} previousHash={data.attempt.previous_hash} date={data.attempt.logical_date} />}>
                  {(found) => (found === "mismatch" ? data && <ProofMismatch date={data.attempt.logical_date} today={scope.today} dayHref={dayHref(data.attempt.logical_date)} />
                    : found && <Proof answer={found} today={scope.today} dayHref={dayHref(found.proof.date)} />)}
                </Panel>}
          </div>
        </>
      )}
    </>
  );
}

function Step({ id, label, hint, icon }: { id: string | null; label: string; hint: string; icon: "left" | "right" }) {
  const href = useHref();
  if (id === null) return <button type="button" className="button button-icon button-small" disabled aria-label={label}><Icon name={icon} size={14} /></button>;
  return <a className="button button-icon button-small" href={href({ item: id })} aria-label={label} title={`${label} (${hint})`}><Icon name={icon} size={14} /></a>;
}

/** Of the rows before, the last; of those after, the first. */
function nearest(rows: readonly { attempt_id: string; sequence: number }[], side: -1 | 1): string | null {
  const sorted = [...rows].sort((one, other) => (other.sequence - one.sequence) * -side);
  return sorted[0]?.attempt_id ?? null;
}

/** Of these categories are attempts that a limit turned away, which is before their fields are read. */
const LIMITING: ReadonlySet<string> = new Set(["rate_limited", "quota"]);

function NoFields({ detail }: { detail: AttemptDetail | undefined }) {
  if (detail?.attempt.outcome === "success") return <Empty title="Every field passed"><p>This row keeps no list of the fields that passed.</p></Empty>;
  if (detail && LIMITING.has(detail.attempt.failure_category ?? "")) return <Empty title="Fields were not read"><p>The limit came first.</p></Empty>;
  return <Empty title="No field was at fault"><p>The verdict above says what was.</p></Empty>;
}
