import { FormEvent, useState } from "react";
import { ApiKey, createKey, revokeKey } from "../../api/accounts";
import { ApiFailure } from "../../api/failure";
import { Dialog } from "../../parts/Drawer";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Said } from "../../parts/Name";
import { Panel } from "../../parts/Panel";
import { cache } from "../../state/cache";
import { useScope } from "../../state/project";
import { keysOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { SecretShown } from "../../parts/SecretShown";

const SCOPES: { scope: string; says: string }[] = [
  { scope: "ingest", says: "send events and leads" },
  { scope: "query", says: "read" },
  { scope: "admin", says: "create projects and keys" },
];

type Step = { at: "list" } | { at: "create" } | { at: "shown"; name: string; key: string } | { at: "revoke"; key: ApiKey };

/** API keys: a key's secret is shown once, when it is made. */
export function Keys() {
  const scope = useScope();
  const question = keysOf(scope);
  const keys = useAnswer(question);
  const [step, go] = useState<Step>({ at: "list" });
  const reload = () => cache.outdate(question.key);
  const done = () => go({ at: "list" });
  const create = <button type="button" className="button button-small" onClick={() => go({ at: "create" })}><Icon name="plus" size={14} />New key</button>;
  return (
    <>
      <Panel title="API keys" note={scope.project.name} resource={keys} skeleton={<TableBones rows={3} />} actions={create} isEmpty={(data) => data.length === 0}
        empty={<Empty title="No key yet"><p>Servers and SDKs send with a key. It belongs to this project alone.</p>{create}</Empty>}>
        {(data) => <KeyTable keys={data} onRevoke={(key) => go({ at: "revoke", key })} />}
      </Panel>
      {step.at === "create" && <CreateKey onClose={done} onCreated={(name, key) => { reload(); go({ at: "shown", name, key }); }} />}
      {step.at === "shown" && <SecretShown label="The new key" title={step.name} secret={step.key} onClose={done} />}
      {step.at === "revoke" && <RevokeKey apiKey={step.key} onClose={done} onRevoked={() => { reload(); done(); }} />}
    </>
  );
}

function KeyTable({ keys, onRevoke }: { keys: readonly ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  const sorted = [...keys].sort((one, other) => Number(one.revoked_at !== null) - Number(other.revoked_at !== null) || other.created_at - one.created_at);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Keys of this project">
      <table className="table keys-table">
        <thead><tr><th scope="col">Name</th><th scope="col">Begins with</th><th scope="col">May</th><th scope="col">Created</th><th scope="col">Last used</th><th scope="col">Expires</th><th scope="col"><span className="unseen">Actions</span></th></tr></thead>
        <tbody>
          {sorted.map((key) => (
            <tr key={key.key_id} className={key.revoked_at !== null ? "key-revoked" : undefined}>
              <td><b><Said>{key.name || "unnamed"}</Said></b></td><td><code>{key.prefix}</code></td><td className="quiet">{key.scopes.join(", ")}</td>
              <td className="quiet"><Moment at={key.created_at} /></td><td className="quiet">{key.last_used_at === null ? "never" : <Moment at={key.last_used_at} />}</td>
              <td className="quiet">{key.expires_at === null ? "never" : <Moment at={key.expires_at} />}</td>
              <td className="right">{key.revoked_at !== null ? <span className="quieter">revoked <Moment at={key.revoked_at} /></span> : <button type="button" className="button button-small button-danger" onClick={() => onRevoke(key)}>Revoke<span className="unseen"> {key.name}</span></button>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CreateKey({ onClose, onCreated }: { onClose: () => void; onCreated: (name: string, key: string) => void }) {
  const { project } = useScope();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["ingest"]);
  const [days, setDays] = useState("0");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return setFailure("Give the key a name that says who uses it.");
    if (scopes.length === 0) return setFailure("Choose at least one thing that the key may do.");
    setBusy(true);
    const expires = Number(days) > 0 ? { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() } : {};
    createKey(project.project_id, { name: name.trim(), scopes, ...expires }).then(
      (key) => onCreated(key.name || name.trim(), key.api_key),
      (error: unknown) => { setBusy(false); setFailure(error instanceof ApiFailure ? error.message : "The key was not created."); },
    );
  };
  return (
    <Dialog label="New key" onClose={onClose}>
      <h2>New key for {project.name}</h2>
      <form className="key-form" onSubmit={submit} noValidate>
        <label className="field"><span>Name</span><input className="input" value={name} placeholder="Website backend" data-autofocus onChange={(event) => setName(event.target.value)} /></label>
        <fieldset className="field scopes"><legend>It may</legend>
          {SCOPES.map(({ scope, says }) => (
            <label key={scope}><input type="checkbox" checked={scopes.includes(scope)} onChange={() => setScopes(scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope])} /> {scope} <span className="quieter">{says}</span></label>
          ))}
        </fieldset>
        <label className="field"><span>Expires</span>
          <select className="input" value={days} onChange={(event) => setDays(event.target.value)}><option value="0">never</option><option value="30">in 30 days</option><option value="90">in 90 days</option><option value="365">in a year</option></select>
        </label>
        <p className="bad" role="alert">{failure}</p>
        <div className="settings-actions">
          <button type="submit" className="button button-main" disabled={busy}>{busy ? "Creating" : "Create key"}</button>
          <button type="button" className="button button-plain" onClick={onClose}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}

function RevokeKey({ apiKey, onClose, onRevoked }: { apiKey: ApiKey; onClose: () => void; onRevoked: () => void }) {
  const { project } = useScope();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const revoke = () => {
    setBusy(true);
    revokeKey(project.project_id, apiKey.key_id).then(onRevoked, (error: unknown) => {
      setBusy(false);
      setFailure(error instanceof ApiFailure ? error.message : "The key was not revoked.");
    });
  };
  return (
    <Dialog label="Revoke key" onClose={onClose}>
      <h2>Revoke “{apiKey.name}”?</h2>
      <p className="quiet">Whatever uses <code>{apiKey.prefix}</code> is refused from now on. This cannot be undone; a new key can be created.</p>
      <p className="bad" role="alert">{failure}</p>
      <div className="settings-actions">
        <button type="button" className="button button-danger" disabled={busy} onClick={revoke}>{busy ? "Revoking" : "Revoke the key"}</button>
        <button type="button" className="button button-plain" onClick={onClose} data-autofocus>Keep it</button>
      </div>
    </Dialog>
  );
}
