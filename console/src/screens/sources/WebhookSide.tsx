import { FormEvent, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { WebhookSecret, createSecret, projectPath, revokeSecret } from "../../api/ways";
import { CopyButton } from "../../parts/Copy";
import { Dialog } from "../../parts/Drawer";
import { Empty } from "../../parts/Empty";
import { Confirm, FormField, Refusal, asFailure } from "../../parts/Form";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { Samples } from "../../parts/Samples";
import { SecretShown } from "../../parts/SecretShown";
import { cache } from "../../state/cache";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { webhookOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { duration } from "../../words/numbers";
import { utc } from "../../words/times";
import { signingSamples } from "./snippets";
import { secretState } from "./words";

const OVERLAPS = [
  { seconds: 86_400, says: "stay good for a day" },
  { seconds: 3_600, says: "stay good for an hour" },
  { seconds: 604_800, says: "stay good for a week" },
  { seconds: 0, says: "end now" },
];

type Step = { at: "list" } | { at: "create" } | { at: "shown"; secret: string } | { at: "revoke"; secret: WebhookSecret };

/** A partner's system sends signed messages; the secret proves who it is. */
export function WebhookSide({ source }: { source: string }) {
  const scope = useScope();
  const now = useNow(1000);
  const question = webhookOf(scope, source);
  const webhook = useAnswer(question);
  const [step, go] = useState<Step>({ at: "list" });
  const { project } = scope;
  const address = `${window.location.origin}${projectPath(project.project_id, "leads", "webhook", source)}`;
  const reload = () => { cache.outdate(question.key); cache.outdate("sources?"); };
  const usable = (webhook.data?.secrets ?? []).filter((secret) => ["valid", "ending"].includes(secretState(secret, now)));
  const create = <button type="button" className="button button-small" onClick={() => go({ at: "create" })}><Icon name={usable.length > 0 ? "retry" : "plus"} size={14} />{usable.length > 0 ? "New secret" : "Make a secret"}</button>;
  return (
    <>
      <div className="form-side">
        <div className="stack">
          <Panel title="Secrets" note="encrypted at rest, shown once" resource={webhook} skeleton={<TableBones rows={3} />} actions={create} isEmpty={(data) => data.secrets.length === 0}
            empty={<Empty title="The webhook is closed"><p>With its first secret it opens: a system that has the secret can send submissions of {source}, each signed and protected against being sent again.</p>{create}</Empty>}>
            {(data) => <SecretTable secrets={data.secrets} now={now} onRevoke={(secret) => go({ at: "revoke", secret })} />}
          </Panel>
          <section className="panel" aria-label="Address">
            <header className="panel-head"><h2>Address</h2><span className="panel-note">POST, one submission as JSON</span></header>
            <p className="way-copy"><code className="way-address">{address}</code><CopyButton text={address} label="Copy the address">Copy</CopyButton></p>
          </section>
        </div>
        <section className="panel" aria-label="Signing">
          <header className="panel-head"><h2>Signing</h2><span className="panel-note">Standard Webhooks</span></header>
          <p className="quiet api-says">Any Standard Webhooks library will do. By hand: HMAC-SHA-256 over <code>id.time.body</code>. A message older than five minutes, or sent twice under one id, is refused.</p>
          <Samples label="Languages" samples={signingSamples(address, source)} />
        </section>
      </div>
      {step.at === "create" && <NewSecret source={source} rotates={usable.length > 0} onClose={() => go({ at: "list" })} onMade={(secret) => { reload(); go({ at: "shown", secret }); }} />}
      {step.at === "shown" && <SecretShown label="The new secret" title={`Webhook secret of ${source}`} secret={step.secret} onClose={() => go({ at: "list" })}><p className="quieter">Senders keep it as DAYBOOK_WEBHOOK_SECRET, with its whsec_.</p></SecretShown>}
      {step.at === "revoke" && (
        <Confirm label="Revoke the secret" title={<>Revoke <code>{step.secret.prefix}…</code>?</>} of="the secret" confirm="Revoke it" confirming="Revoking" keep="Keep it" danger run={() => revokeSecret(project.project_id, source, step.secret.secret_id)} onDone={() => { reload(); go({ at: "list" }); }} onClose={() => go({ at: "list" })}>
          <p>Messages that are signed with it are refused from now on{usable.length === 1 && usable[0]?.secret_id === step.secret.secret_id ? ", and as it is the only one, the webhook closes" : ""}. This cannot be undone.</p>
          {step.secret.last_used_at !== null && <p>It was last used <Moment at={step.secret.last_used_at} seconds />.</p>}
        </Confirm>
      )}
    </>
  );
}

function SecretTable({ secrets, now, onRevoke }: { secrets: readonly WebhookSecret[]; now: number; onRevoke: (secret: WebhookSecret) => void }) {
  const order = { valid: 0, ending: 1, expired: 2, revoked: 3 };
  const sorted = [...secrets].sort((one, other) => order[secretState(one, now)] - order[secretState(other, now)] || other.created_at - one.created_at);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Secrets of this webhook">
      <table className="table secrets-table">
        <thead><tr><th scope="col">Begins with</th><th scope="col">State</th><th scope="col">Created</th><th scope="col">Last used</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
        <tbody>
          {sorted.map((secret) => {
            const state = secretState(secret, now);
            const good = state === "valid" || state === "ending";
            return (
              <tr key={secret.secret_id} className={good ? undefined : "secret-gone"}>
                <td><code>{secret.prefix}…</code></td>
                <td>{state === "valid" ? <span className="mark-good"><Icon name="check" size={14} />valid</span>
                  : state === "ending" ? <span className="mark-warn"><Icon name="clock" size={14} />ends in {duration((secret.expires_at ?? now) - now)}</span>
                    : state === "expired" ? <span className="mark-plain" title={utc(secret.expires_at ?? now)}><Icon name="close" size={14} />ended</span>
                      : <span className="mark-plain" title={utc(secret.revoked_at ?? now)}><Icon name="close" size={14} />revoked</span>}</td>
                <td className="quiet"><Moment at={secret.created_at} /></td>
                <td className="quiet">{secret.last_used_at === null ? "never" : <Moment at={secret.last_used_at} />}</td>
                <td className="right">{good && <button type="button" className="button button-small button-danger" onClick={() => onRevoke(secret)}>Revoke<span className="unseen"> {secret.prefix}</span></button>}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function NewSecret({ source, rotates, onClose, onMade }: { source: string; rotates: boolean; onClose: () => void; onMade: (secret: string) => void }) {
  const { project } = useScope();
  const [overlap, setOverlap] = useState(OVERLAPS[0]?.seconds ?? 0);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const make = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    createSecret(project.project_id, source, rotates ? overlap : null).then(({ secret }) => onMade(secret), (error: unknown) => { setBusy(false); setFailure(asFailure(error)); });
  };
  return (
    <Dialog label="New secret" onClose={onClose}>
      <h2>{rotates ? `Rotate the secret of ${source}` : `Open the webhook of ${source}`}</h2>
      <form className="form-stack" onSubmit={make} noValidate>
        {rotates ? (
          <FormField label="The secrets until now" hint="While both are good, senders can change over one by one; nothing is refused.">
            {(wired) => <select className="input" value={overlap} onChange={(event) => setOverlap(Number(event.target.value))} {...wired}>{OVERLAPS.map((choice) => <option key={choice.seconds} value={choice.seconds}>{choice.says}</option>)}</select>}
          </FormField>
        ) : <p className="quiet">The first secret opens the webhook: from then on messages that are signed with it become attempts of {source}. It is shown once.</p>}
        <Refusal failure={failure} of="the secret" />
        <div className="form-actions form-actions-flat"><button type="submit" className="button button-main" data-autofocus disabled={busy}>{busy ? "Making it" : "Make the secret"}</button><button type="button" className="button button-plain" onClick={onClose}>Cancel</button></div>
      </form>
    </Dialog>
  );
}
