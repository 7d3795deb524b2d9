import { useEffect, useMemo, useState } from "react";
import { SchemaVersion, WrittenSchema, activateVersion } from "../../api/schemas";
import { Empty } from "../../parts/Empty";
import { Confirm } from "../../parts/Form";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { cache } from "../../state/cache";
import { useScope } from "../../state/project";
import { SchemaAnswer, schemaOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { go } from "../../state/useView";
import { consequences } from "../../words/fields";
import { counted } from "../../words/numbers";
import { Compare, comparedIn } from "./Compare";
import { DryRunPanel } from "./DryRunPanel";
import { FieldTable } from "./FieldTable";
import { SaveVersion } from "./SaveVersion";
import { authorWords, heldBy, versionOf } from "./words";
import { Draft, Problems, draftOf, emptyField, fieldsOf, keepDraft, keptDraft, problemsOf } from "./draft";

type Step = { at: "edit" } | { at: "save" } | { at: "switch"; to: number | null };

/** Which fields a submission of this source must have, and of what form. */
export function SchemaSide({ source }: { source: string }) {
  const scope = useScope();
  const question = schemaOf(scope, source);
  const schema = useAnswer(question);
  const place = `${scope.project.project_id}.${source}`;
  const [draft, setDraft] = useState<Draft | null>(() => keptDraft(place));
  const [step, setStep] = useState<Step>({ at: "edit" });
  const [refused, setRefused] = useState<Problems>({});
  const [said, say] = useState("");
  const data = schema.data;
  useEffect(() => { if (data && draft === null) setDraft(startOf(data)); }, [data, draft]);

  const base = data && draft ? versionOf(data, draft.base) : null;
  const written = useMemo<WrittenSchema>(() => ({ fields: draft ? fieldsOf(draft.rows) : [], unknown_fields: draft?.unknown ?? "allow" }), [draft]);
  const changed = draft !== null && JSON.stringify(written) !== JSON.stringify(base ? { fields: base.fields, unknown_fields: base.unknown_fields } : { fields: [], unknown_fields: "allow" });
  const problems = useMemo(() => ({ ...refused, ...(draft && changed ? problemsOf(draft.rows) : {}) }), [draft, changed, refused]);
  const broken = Object.keys(problems).length;
  useEffect(() => { if (draft && data) keepDraft(place, changed ? draft : null); }, [place, draft, changed, data]);

  const edit = (part: Partial<Draft>) => { setRefused({}); say(""); setDraft({ base: null, rows: [], unknown: "allow", ...draft, ...part }); };
  const reload = (words: string) => {
    setStep({ at: "edit" });
    say(words);
    cache.outdate(question.key);
    cache.outdate("sources?");
  };
  const take = (version: SchemaVersion | null) => { setRefused({}); setDraft({ base: version?.version ?? null, rows: draftOf(version?.fields ?? []), unknown: version?.unknown_fields ?? "allow" }); };
  const compared = comparedIn(scope.view.open);
  const next = (data?.versions ?? []).reduce((most, version) => Math.max(most, version.version), 0) + 1;
  return (
    <div className="schema">
      <div className="stack">
        <Panel title={draft && data ? (changed ? `Draft of version ${next}` : base ? `Version ${base.version}` : "Fields") : "Fields"} resource={schema} skeleton={<TableBones rows={6} />}
          note={draft && data ? changed ? <span className="warn">{base ? `changed from version ${base.version}` : "not saved yet"}, kept until this tab is closed</span> : base && base.version === data.active_version ? <span className="good">on</span> : base ? "off" : "" : undefined}>
          {(found) => draft === null ? null : draft.rows.length === 0 && !changed ? (
            <Empty title={found.versions.length === 0 ? "No field schema yet" : "This version has no fields"}>
              <p>A field schema says which members of <code>fields</code> a submission from {source} must have and of what form. What does not fit is refused, logged as a failed attempt and explained by field, so a broken form is seen within minutes.</p>
              <p className="form-actions form-actions-flat">
                {found.builtin.length > 0 && <button type="button" className="button button-main" onClick={() => edit({ rows: draftOf(found.builtin) })}>Start from the built-in rules</button>}
                <button type="button" className="button" onClick={() => edit({ rows: [emptyField()] })}><Icon name="plus" size={14} />Start with an empty field</button>
              </p>
            </Empty>
          ) : (
            <>
              <FieldTable rows={draft.rows} problems={problems} onRows={(rows) => edit({ rows })} />
              <label className="check schema-unknown"><input type="checkbox" checked={draft.unknown === "refuse"} onChange={() => edit({ unknown: draft.unknown === "refuse" ? "allow" : "refuse" })} /><span>Refuse submissions with a field that is not listed here</span></label>
              <div className="schema-foot">
                <button type="button" className="button button-main" disabled={!changed || broken > 0} onClick={() => setStep({ at: "save" })}>Save as version {next}</button>
                {changed && <button type="button" className="button button-plain" onClick={() => take(base)}>Discard the changes</button>}
                {!changed && base && base.version !== found.active_version && <button type="button" className="button" onClick={() => setStep({ at: "switch", to: base.version })}>Switch version {base.version} on</button>}
                {!changed && base && base.version === found.active_version && <button type="button" className="button" onClick={() => setStep({ at: "switch", to: null })}>Switch the schema off</button>}
                <span className={broken > 0 ? "bad" : "quiet"} role="status">{broken > 0 ? `${counted(broken, "place")} to put right before it can be saved` : said}</span>
              </div>
            </>
          )}
        </Panel>
        {draft && data && (draft.rows.length > 0) && <DryRunPanel source={source} written={written} broken={broken > 0} name={changed ? "the draft" : `version ${base?.version ?? "?"}`} />}
        {compared && data && <Compare schema={data} from={compared.from} to={compared.to} />}
      </div>
      {(data !== undefined || schema.failure === null) && <Panel className="schema-versions" title="Versions" note="never changed, only added" resource={schema} skeleton={<TableBones rows={3} />} isEmpty={(found) => found.versions.length === 0}
        empty={<p className="quiet">Each save makes a version. An attempt's detail names the version that it was checked by.</p>}>
        {(found) => <Versions schema={found} shown={changed ? null : draft?.base ?? null} onShow={take} onSwitch={(to) => setStep({ at: "switch", to })} />}
      </Panel>}
      {step.at === "save" && data && (
        <SaveVersion source={source} written={written} next={next} schema={data} onClose={() => setStep({ at: "edit" })}
          onRefused={(found) => { setRefused(found); setStep({ at: "edit" }); }}
          onSaved={(version, on) => { take(version); keepDraft(place, null); reload(`Version ${version.version} is saved${on ? " and on" : ""}.`); }} />
      )}
      {step.at === "switch" && data && <SwitchSchema source={source} schema={data} to={step.to} onClose={() => setStep({ at: "edit" })} onDone={() => reload(step.to === null ? "The schema is off." : `Version ${step.to} is on.`)} />}
    </div>
  );
}

function startOf(schema: SchemaAnswer): Draft {
  const newest = [...schema.versions].sort((one, other) => other.version - one.version)[0] ?? null;
  const version = versionOf(schema, schema.active_version) ?? newest;
  return { base: version?.version ?? null, rows: draftOf(version?.fields ?? []), unknown: version?.unknown_fields ?? "allow" };
}

function Versions({ schema, shown, onShow, onSwitch }: { schema: SchemaAnswer; shown: number | null; onShow: (version: SchemaVersion) => void; onSwitch: (version: number) => void }) {
  const { session } = useScope();
  const sorted = [...schema.versions].sort((one, other) => other.version - one.version);
  return (
    <ol className="versions">
      {sorted.map((version, index) => {
        const on = version.version === schema.active_version;
        const before = sorted[index + 1];
        return (
          <li key={version.version} className={version.version === shown ? "version-shown" : undefined}>
            <p className="version-head">
              <b>Version {version.version}</b>
              {on ? <span className="mark-good"><Icon name="check" size={14} />on</span> : <span className="quieter">off</span>}
              <span className="version-when quieter"><Moment at={version.created_at} /></span>
            </p>
            <p className="quiet">{counted(version.fields.length, "field")}{version.created_by && <span className="quieter" title={version.created_by}>, by {authorWords(version.created_by, session.member.member_id)}</span>}</p>
            {version.note && <p className="version-note">{version.note}</p>}
            <p className="version-actions">
              {version.version !== shown && <button type="button" className="button button-small" onClick={() => onShow(version)}>Show<span className="unseen"> version {version.version}</span></button>}
              {!on && <button type="button" className="button button-small" onClick={() => onSwitch(version.version)}>Switch on<span className="unseen"> version {version.version}</span></button>}
              {before && <button type="button" className="button button-plain button-small" onClick={() => go({ open: `compare:${before.version}-${version.version}` })}>Compare with {before.version}</button>}
            </p>
          </li>
        );
      })}
    </ol>
  );
}

function SwitchSchema({ source, schema, to, onClose, onDone }: { source: string; schema: SchemaAnswer; to: number | null; onClose: () => void; onDone: () => void }) {
  const { project } = useScope();
  const before = versionOf(schema, schema.active_version);
  const says = consequences(heldBy(schema, schema.active_version), heldBy(schema, to));
  return (
    <Confirm label={to === null ? "Switch the schema off" : "Switch a version on"} title={to === null ? `Switch the schema of ${source} off?` : `Switch version ${to} on for ${source}?`} of="the schema"
      confirm={to === null ? "Switch it off" : `Switch version ${to} on`} confirming="Switching" danger={to === null}
      run={() => activateVersion(project.project_id, source, to)} onDone={onDone} onClose={onClose}>
      <p>{to === null ? "From the next submission on only the built-in rules hold:" : `Instead of ${before ? `version ${before.version}` : "the built-in rules"}, from the next submission on:`}</p>
      <ul className="says">{says.length === 0 ? <li>Nothing changes: the fields are the same.</li> : says.map((line) => <li key={line}>{line}</li>)}</ul>
      <p className="quieter">Attempts that are logged already stay as they are. The other versions stay here, so this can be undone.</p>
    </Confirm>
  );
}
