import { FormEvent, useEffect, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { Form, FormSettings, deleteForm, projectPath, putForm } from "../../api/ways";
import { CopyButton } from "../../parts/Copy";
import { Snippet } from "../../parts/Empty";
import { Confirm, ListInput, Refusal, TextField, asFailure } from "../../parts/Form";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { cache } from "../../state/cache";
import { useScope } from "../../state/project";
import { formOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { FormPreview } from "./FormPreview";
import { addressProblem, filled, honeypotProblem, listProblems, originProblem, redirectProblem } from "./formRules";

const UNSET: FormSettings = { is_enabled: false, redirect_targets: [], success_redirect: null, failure_redirect: null, allowed_origins: [], honeypot: "company_website" };

/** A web page may post its form straight to Daybook, without a key in the page. */
export function FormSide({ source }: { source: string }) {
  const scope = useScope();
  const question = formOf(scope, source);
  const form = useAnswer(question);
  const [asking, ask] = useState<"on" | "off" | "remove" | null>(null);
  const [said, say] = useState("");
  const { project } = scope;
  const changed = (next: Form | null, words: string) => {
    ask(null);
    say(words);
    cache.put(question.key, next);
    cache.outdate("sources?");
  };
  const settings = form.data ?? UNSET;
  const write = (next: FormSettings) => putForm(project.project_id, source, pick(next));
  return (
    <>
      <div className="form-side">
        <Panel title="Form" resource={form} skeleton={<TableBones rows={6} />} note={form.data ? <>changed <Moment at={form.data.updated_at} /></> : undefined}>
          {(data) => (
            <div className="form-stack">
              <div className="way-state">
                {data?.is_enabled
                  ? <p><span className="mark-good"><Icon name="check" size={14} />Open</span> <span className="quiet">{data.allowed_origins.length === 0 ? "to pages of any site" : `to pages of ${data.allowed_origins.join(", ")}`}</span></p>
                  : <p><span className="mark-plain"><Icon name="lock" size={14} />Closed</span> <span className="quiet">{data ? "posts are refused; the settings are kept" : "not set up: posts are refused"}</span></p>}
                <span className="way-actions">
                  {data && <button type="button" className="button button-plain button-small" onClick={() => ask("remove")}>Remove</button>}
                  <button type="button" className={`button ${data?.is_enabled ? "" : "button-main"}`} onClick={() => ask(data?.is_enabled ? "off" : "on")}>{data?.is_enabled ? "Close the form" : "Open the form"}</button>
                </span>
                <span className="unseen" role="status">{said}</span>
              </div>
              <FormSettingsEditor key={data?.updated_at ?? 0} settings={settings} isSetUp={data !== null} save={write} onSaved={(next) => changed(next, "The settings are saved.")} />
            </div>
          )}
        </Panel>
        {(form.data !== undefined || form.failure === null) && <Panel title="On your page" note="copy it as it is, then make it yours" resource={form} skeleton={<TableBones rows={8} />}>
          {(data) => data && data.snippet ? (
            <div className="form-stack">
              <Snippet text={data.snippet} />
              <FormPreview snippet={data.snippet} honeypot={data.honeypot} />
            </div>
          ) : <p className="quiet">The HTML for your page and a picture of it appear here as soon as the form is set up: it posts to <code className="way-address">{window.location.origin}{projectPath(project.project_id, "leads", "form", source)}</code> <CopyButton text={`${window.location.origin}${projectPath(project.project_id, "leads", "form", source)}`} label="Copy the address" /></p>}
        </Panel>}
      </div>
      {asking === "on" && (
        <Confirm label="Open the form" title={`Open the form of ${source}?`} of="the form" confirm="Open it" confirming="Opening" run={() => write({ ...settings, is_enabled: true }).then((next) => changed(next, "The form is open."))} onDone={() => ask(null)} onClose={() => ask(null)}>
          <p>From now on anybody may post to this source without a key, {settings.allowed_origins.length === 0 ? "from any site" : `from pages of ${settings.allowed_origins.join(", ")}`}. Rate limits, the field schema and the honeypot still hold, and each post is one attempt in the log.</p>
          {settings.redirect_targets.length === 0 && <p>No redirect target is set: people see a small page that says whether it worked.</p>}
        </Confirm>
      )}
      {asking === "off" && (
        <Confirm label="Close the form" title={`Close the form of ${source}?`} of="the form" confirm="Close it" confirming="Closing" danger run={() => write({ ...settings, is_enabled: false }).then((next) => changed(next, "The form is closed."))} onDone={() => ask(null)} onClose={() => ask(null)}>
          <p>Pages that post to it are refused from now on, and no lead comes from them. The settings are kept, so it can be opened again.</p>
        </Confirm>
      )}
      {asking === "remove" && (
        <Confirm label="Remove the form" title={`Remove the form of ${source}?`} of="the form" confirm="Remove it" confirming="Removing" danger run={() => deleteForm(project.project_id, source).then(() => changed(null, "The form is removed."))} onDone={() => ask(null)} onClose={() => ask(null)}>
          <p>Posts are refused from now on, and the redirect targets and origins are forgotten. Attempts that are logged stay.</p>
        </Confirm>
      )}
    </>
  );
}

interface EditorProps {
  settings: FormSettings;
  isSetUp: boolean;
  save: (settings: FormSettings) => Promise<Form>;
  onSaved: (form: Form) => void;
}

function FormSettingsEditor({ settings, isSetUp, save, onSaved }: EditorProps) {
  const [draft, setDraft] = useState(settings);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  useEffect(() => setDraft(settings), [settings]);
  const targets = filled(draft.redirect_targets);
  const origins = filled(draft.allowed_origins);
  const clean: FormSettings = {
    ...draft, redirect_targets: targets, allowed_origins: origins, honeypot: draft.honeypot.trim(),
    success_redirect: draft.success_redirect?.trim() || null, failure_redirect: draft.failure_redirect?.trim() || null,
  };
  const refused = (member: string) => Object.fromEntries((failure?.fields ?? []).flatMap((field) => { const found = new RegExp(`^/${member}(?:/(\\d+))?$`).exec(field.pointer); return found ? [[Number(found[1] ?? 0), field.message]] : []; }));
  const targetErrors = { ...refused("redirect_targets"), ...listProblems(draft.redirect_targets, addressProblem) };
  const originErrors = { ...refused("allowed_origins"), ...listProblems(draft.allowed_origins, originProblem) };
  const honeypotError = honeypotProblem(draft.honeypot) ?? failure?.fields.find((field) => field.pointer === "/honeypot")?.message;
  const redirectError = (value: string | null, member: string) => (value === null ? undefined : redirectProblem(value, targets) ?? failure?.fields.find((field) => field.pointer === member)?.message);
  const successError = redirectError(clean.success_redirect, "/success_redirect");
  const failureError = redirectError(clean.failure_redirect, "/failure_redirect");
  const broken = successError !== undefined || failureError !== undefined || Object.keys(targetErrors).length + Object.keys(originErrors).length > 0 || honeypotProblem(draft.honeypot) !== null;
  const changed = !isSetUp || JSON.stringify(pick(clean)) !== JSON.stringify(pick(settings));
  const change = (part: Partial<FormSettings>) => { setFailure(null); setDraft({ ...draft, ...part }); };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    save(pick(clean)).then((form) => { setBusy(false); onSaved(form); }, (error: unknown) => { setBusy(false); setFailure(asFailure(error)); });
  };
  return (
    <form className="form-stack" onSubmit={submit} noValidate>
      <ListInput label="Redirect targets" hint="Where people may be sent after posting. Nothing that is neither on this list nor below an address of it is ever redirected to." values={draft.redirect_targets} errors={targetErrors} placeholder="https://example.com/thanks" add="Add a target" onChange={(redirect_targets) => change({ redirect_targets })} />
      {(targets.length > 0 || clean.success_redirect !== null || clean.failure_redirect !== null) && (
        <div className="form-grid">
          <TextField label="After a lead" value={draft.success_redirect ?? ""} onText={(success_redirect) => change({ success_redirect })} error={successError} list="redirect-targets" placeholder="a small page of Daybook" spellCheck={false} />
          <TextField label="After a failure" value={draft.failure_redirect ?? ""} onText={(failure_redirect) => change({ failure_redirect })} error={failureError} list="redirect-targets" placeholder="a small page of Daybook" spellCheck={false} />
          <datalist id="redirect-targets">{targets.map((target) => <option key={target} value={target} />)}</datalist>
        </div>
      )}
      <ListInput label="Allowed origins" hint="Sites whose pages may post. An empty list allows every site." values={draft.allowed_origins} errors={originErrors} placeholder="https://example.com" add="Add an origin" onChange={(allowed_origins) => change({ allowed_origins })} />
      <TextField label="Honeypot" value={draft.honeypot} onText={(honeypot) => change({ honeypot })} error={honeypotError ?? undefined} spellCheck={false} fieldClass="form-narrow" hint="A field that people do not see. A post that fills it comes from a robot." />
      <Refusal failure={failure} of="the form" />
      <div className="form-actions form-actions-flat">
        <button type="submit" className="button button-main" disabled={busy || broken || !changed}>{busy ? "Saving" : isSetUp ? "Save the changes" : "Set it up, still closed"}</button>
        {isSetUp && changed && <button type="button" className="button button-plain" onClick={() => { setDraft(settings); setFailure(null); }}>Discard</button>}
      </div>
    </form>
  );
}

/** The members that are settings, in one order, so that two can be compared. */
function pick(settings: FormSettings): FormSettings {
  const { is_enabled, redirect_targets, success_redirect, failure_redirect, allowed_origins, honeypot } = settings;
  return { is_enabled, redirect_targets, success_redirect, failure_redirect, allowed_origins, honeypot };
}
