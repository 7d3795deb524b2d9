import { FormEvent, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { Algorithm, AppliesTo, LimitRule, SubmissionLimits } from "../../api/limits";
import { LimitKey, LimitPicture } from "../../charts/LimitPicture";
import { Dialog } from "../../parts/Drawer";
import { FormField, Refusal, Segmented, TextField, asFailure } from "../../parts/Form";
import { useScope } from "../../state/project";
import { sourcesOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { recoveryWords, ruleProblems, ruleWords } from "../../words/limits";

const UNITS = [{ seconds: 1, name: "seconds" }, { seconds: 60, name: "minutes" }, { seconds: 3_600, name: "hours" }, { seconds: 86_400, name: "days" }];

interface RuleEditorProps {
  rule: LimitRule;
  isNew: boolean;
  save: (rule: LimitRule) => Promise<SubmissionLimits>;
  onSaved: (answer: SubmissionLimits) => void;
  onClose: () => void;
}

/** One rule, with its meaning in words and as a picture while it is being changed. */
export function RuleEditor({ rule, isNew, save, onSaved, onClose }: RuleEditorProps) {
  const sources = useAnswer(sourcesOf(useScope())).data?.sources.map((row) => row.source) ?? [];
  const unitOf = (seconds: number) => [...UNITS].reverse().find((unit) => seconds % unit.seconds === 0 && seconds >= unit.seconds)?.seconds ?? 1;
  const [appliesTo, setAppliesTo] = useState<AppliesTo>(rule.applies_to);
  const [algorithm, setAlgorithm] = useState<Algorithm>(rule.algorithm);
  const [source, setSource] = useState(rule.source ?? "");
  const [limit, setLimit] = useState(String(rule.limit));
  const [unit, setUnit] = useState(unitOf(rule.window_seconds));
  const [window_, setWindow] = useState(String(rule.window_seconds / unitOf(rule.window_seconds)));
  const [burst, setBurst] = useState(rule.burst === null ? "" : String(rule.burst));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const draft: LimitRule = {
    rule_id: rule.rule_id, applies_to: appliesTo, source: source.trim() || null, algorithm, limit: wholeOf(limit), window_seconds: wholeOf(window_) * unit,
    burst: algorithm === "token_bucket" && burst.trim() !== "" ? wholeOf(burst) : null,
  };
  const problems = { ...refusedMembers(failure), ...ruleProblems(draft) };
  const good = Object.keys(ruleProblems(draft)).length === 0;
  const [last, setLast] = useState(draft);
  if (good && JSON.stringify(last) !== JSON.stringify(draft)) setLast(draft);
  const touch = <T,>(set: (value: T) => void) => (value: T) => { setFailure(null); set(value); };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!good) return;
    setBusy(true);
    setFailure(null);
    save(draft).then(onSaved, (error: unknown) => { setBusy(false); setFailure(asFailure(error)); });
  };
  const atFields = failure !== null && Object.keys(refusedMembers(failure)).length > 0;
  return (
    <Dialog label={isNew ? "New rule" : "Change the rule"} onClose={onClose}>
      <h2>{isNew ? "New rule" : "Change the rule"}</h2>
      <form className="form-stack" onSubmit={submit} noValidate>
        <Segmented label="Counted for" value={appliesTo} onChoose={touch(setAppliesTo)} choices={[{ value: "user", says: "Each user" }, { value: "source", says: "Each source" }, { value: "key", says: "Each API key" }]} />
        <Segmented label="How" value={algorithm} onChoose={touch(setAlgorithm)} choices={[{ value: "token_bucket", says: "Token bucket", hint: "Bursts are allowed, then a steady rate" }, { value: "sliding_window", says: "Sliding window", hint: "Never more than so many in any stretch of time" }]} />
        <div className="rule-numbers">
          <TextField label="At most" value={limit} onText={touch(setLimit)} error={problems["limit"]} inputMode="numeric" unit="submissions" data-autofocus />
          <FormField label="In" error={problems["window_seconds"]}>
            {(wired) => (
              <span className="rule-window">
                <input className="input" inputMode="numeric" value={window_} onChange={(event) => touch(setWindow)(event.target.value)} {...wired} />
                <select className="input" aria-label="Unit of time" value={unit} onChange={(event) => touch(setUnit)(Number(event.target.value))}>{UNITS.map((one) => <option key={one.seconds} value={one.seconds}>{one.name}</option>)}</select>
              </span>
            )}
          </FormField>
          {algorithm === "token_bucket" && <TextField label="Burst" value={burst} onText={touch(setBurst)} error={problems["burst"]} inputMode="numeric" placeholder={limit} unit="at once" />}
        </div>
        <FormField label="Source" hint="Empty: submissions of every source." error={problems["source"]} className="form-narrow">
          {(wired) => <><input className="input" list="rule-sources" value={source} placeholder="every source" spellCheck={false} onChange={(event) => touch(setSource)(event.target.value)} {...wired} /><datalist id="rule-sources">{sources.map((name) => <option key={name} value={name} />)}</datalist></>}
        </FormField>
        <div className={good ? "rule-picture" : "rule-picture rule-picture-old"}>
          <p aria-live="polite"><b>{ruleWords(last)}</b> <span className="quiet">{recoveryWords(last)}</span></p>
          <LimitPicture rule={last} />
          <LimitKey />
        </div>
        {!atFields && <Refusal failure={failure} of="the rule" />}
        <div className="form-actions form-actions-flat">
          <button type="submit" className="button button-main" disabled={busy || !good}>{busy ? "Saving" : "Save the rule"}</button>
          <button type="button" className="button button-plain" onClick={onClose}>Cancel</button>
          <span className="quieter">It holds from the next submission on.</span>
        </div>
      </form>
    </Dialog>
  );
}

const wholeOf = (text: string): number => Number(text.trim().replace(/[,\u202f ]/g, "") || NaN);

/** What the server refused, by member: `/rules/2/limit` says what is wrong with this rule's limit. */
function refusedMembers(failure: ApiFailure | null): Record<string, string> {
  return Object.fromEntries((failure?.fields ?? []).flatMap((field) => {
    const member = /^\/rules\/\d+\/(\w+)$/.exec(field.pointer)?.[1];
    return member && ["limit", "window_seconds", "burst", "source"].includes(member) ? [[member, field.message]] : [];
  }));
}
