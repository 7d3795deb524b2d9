import type { FieldSchema } from "../../api/schemas";
import { Empty } from "../../parts/Empty";
import { Icon } from "../../parts/Icon";
import { go } from "../../state/useView";
import { FieldChange, fieldChanges, fieldWords } from "../../words/fields";
import { counted } from "../../words/numbers";
import { versionOf } from "./words";

/** The two versions that the address compares: `compare:2-3`. */
export function comparedIn(open: string | null): { from: number; to: number } | null {
  const found = /^compare:(\d+)-(\d+)$/.exec(open ?? "");
  return found ? { from: Number(found[1]), to: Number(found[2]) } : null;
}

const MEMBER_WORDS: Record<string, string> = { type: "type", required: "required", min_length: "shortest", max_length: "longest", pattern: "pattern", min: "least", max: "most", values: "values", description: "description" };

/** What is different between two versions, field by field. */
export function Compare({ schema, from, to }: { schema: FieldSchema; from: number; to: number }) {
  const before = versionOf(schema, from);
  const after = versionOf(schema, to);
  const changes = before && after ? fieldChanges(before.fields, after.fields) : [];
  const choose = (label: string, value: number, pick: (version: number) => string) => (
    <label className="compare-pick"><span className="unseen">{label}</span>
      <select className="input" value={value} onChange={(event) => go({ open: pick(Number(event.target.value)) }, { replace: true })}>
        {schema.versions.map((version) => <option key={version.version} value={version.version}>version {version.version}{version.version === schema.active_version ? ", on" : ""}</option>)}
      </select>
    </label>
  );
  return (
    <section className="panel" aria-label="Comparison of two versions">
      <header className="panel-head compare-head">
        <h2>What changed</h2>
        {choose("From", from, (version) => `compare:${version}-${to}`)}<span className="quieter">to</span>{choose("To", to, (version) => `compare:${from}-${version}`)}
        <span className="panel-side"><button type="button" className="button button-plain button-small" onClick={() => go({ open: null })}><Icon name="close" size={14} />Close</button></span>
      </header>
      {!before || !after ? <Empty title="That version does not exist"><p>Choose two versions of this schema above.</p></Empty>
        : changes.length === 0 ? <p className="quiet">The fields are the same{before.fields.map((field) => field.name).join() === after.fields.map((field) => field.name).join() ? "" : ", in another order"}.</p>
          : <><p className="quiet compare-sum">{summary(changes)}</p><ul className="compare">{changes.map((change) => <Change key={change.name} change={change} />)}</ul></>}
    </section>
  );
}

function summary(changes: readonly FieldChange[]): string {
  const count = (kind: FieldChange["kind"]) => changes.filter((change) => change.kind === kind).length;
  return (["added", "changed", "removed"] as const).filter((kind) => count(kind) > 0).map((kind) => `${counted(count(kind), "field")} ${kind}`).join(", ");
}

const SIGNS = { added: "+", removed: "\u2212", changed: "~" };

function Change({ change }: { change: FieldChange }) {
  return (
    <li className={`compare-${change.kind}`}>
      <span className="compare-sign" aria-hidden="true">{SIGNS[change.kind]}</span>
      <span><code>{change.name}</code> <span className="quieter">{change.kind}</span>
        {change.kind !== "changed" ? <span className="quiet">{change.kind === "added" ? ": " : ", was "}{fieldWords(change.field)}</span> : (
          <ul>{change.members.map((member) => <li key={member.member}><span className="quieter">{MEMBER_WORDS[member.member] ?? member.member}</span> <del>{member.before}</del> <Icon name="right" size={12} /> <ins>{member.after}</ins></li>)}</ul>
        )}
      </span>
    </li>
  );
}
