import { useState } from "react";
import { LimitRule, SubmissionLimits, getLimits, putLimits } from "../../api/limits";
import { LimitKey, LimitPicture } from "../../charts/LimitPicture";
import { Empty } from "../../parts/Empty";
import { Confirm } from "../../parts/Form";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { SettingsNav } from "../../parts/SubNav";
import { cache } from "../../state/cache";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { limitsOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { useHref } from "../../state/useView";
import { recoveryWords, ruleWords } from "../../words/limits";
import { RuleEditor } from "./RuleEditor";
import "./limitRules.css";

type Step = { at: "list" } | { at: "edit"; rule: LimitRule; isNew: boolean } | { at: "remove"; rule: LimitRule };

/** How often may one person, source or key submit? */
export function Limits() {
  const scope = useScope();
  const question = limitsOf(scope);
  const limits = useAnswer(question);
  const [step, go] = useState<Step>({ at: "list" });
  const [said, say] = useState("");
  const add = () => go({ at: "edit", isNew: true, rule: { rule_id: newRuleId(limits.data?.rules ?? []), applies_to: "user", source: null, algorithm: "token_bucket", limit: 30, window_seconds: 60, burst: null } });
  useKeys([{ keys: "n", says: "Add a rule", group: "On this screen", run: add }]);
  const saved = (answer: SubmissionLimits, words: string) => {
    cache.put(question.key, answer);
    cache.outdate("sources?");
    say(words);
    go({ at: "list" });
  };
  const { project } = scope;
  /** The newest rules with one change: what others saved meanwhile stays. */
  const change = async (apply: (rules: LimitRule[]) => LimitRule[]) => {
    const now = await getLimits(project.project_id, new AbortController().signal);
    return putLimits(project.project_id, apply(now.rules));
  };
  const button = <button type="button" className="button button-small" onClick={add}><Icon name="plus" size={14} />Add a rule</button>;
  return (
    <>
      <SettingsNav />
      <h1>Rate limits</h1>
      <Sentence data={limits.data} />
      <div className="stack screen-stack">
        <Panel title="Rules" resource={limits} skeleton={<TableBones rows={5} />} actions={button} isEmpty={(data) => data.rules.length === 0}
          note={limits.data?.updated_at != null ? <>changed <Moment at={limits.data.updated_at} /></> : "checked before anything else is done"}
          empty={<Empty title="No limit"><p>Without a rule, one person may submit as often as the server can take. A rule turns the surplus away with 429 and says when the next one passes; each refusal is an attempt in the log.</p>{button}</Empty>}>
          {(data) => (
            <>
              <ul className="limit-rules">
                {data.rules.map((rule) => <Rule key={rule.rule_id} rule={rule} onEdit={() => go({ at: "edit", rule, isNew: false })} onRemove={() => go({ at: "remove", rule })} />)}
              </ul>
              <LimitKey />
            </>
          )}
        </Panel>
        <p className="unseen" role="status">{said}</p>
      </div>
      {step.at === "edit" && (
        <RuleEditor rule={step.rule} isNew={step.isNew} onClose={() => go({ at: "list" })} onSaved={(answer) => saved(answer, "The rule is saved.")}
          save={(rule) => change((rules) => (rules.some((other) => other.rule_id === rule.rule_id) ? rules.map((other) => (other.rule_id === rule.rule_id ? rule : other)) : [...rules, rule]))} />
      )}
      {step.at === "remove" && (
        <Confirm label="Remove the rule" title="Remove this rule?" of="the limits" confirm="Remove it" confirming="Removing" keep="Keep it" danger
          run={() => change((rules) => rules.filter((other) => other.rule_id !== step.rule.rule_id)).then((answer) => saved(answer, "The rule is removed."))} onDone={() => go({ at: "list" })} onClose={() => go({ at: "list" })}>
          <p>From the next submission on this no longer holds:</p>
          <ul className="says"><li>{ruleWords(step.rule)}</li></ul>
        </Confirm>
      )}
    </>
  );
}

function Sentence({ data }: { data: SubmissionLimits | undefined }) {
  const { project } = useScope();
  if (!data) return <p className="sentence quiet">{"\u00a0"}</p>;
  const general = data.rules.find((rule) => rule.applies_to === "user" && rule.source === null);
  return <p className="sentence">{data.rules.length === 0 ? `Nothing limits how often somebody may submit to ${project.name}.` : general ? ruleWords(general) : `${data.rules.length === 1 ? "One rule holds" : `${data.rules.length} rules hold`} for ${project.name}; none for every user.`}{general && data.rules.length > 1 && ` ${data.rules.length === 2 ? "One more rule holds" : `${data.rules.length - 1} more rules hold`}; a submission has to pass all that concern it.`}</p>;
}

const APPLIES_WORDS: Record<LimitRule["applies_to"], string> = { user: "each user", source: "each source", key: "each API key" };

function Rule({ rule, onEdit, onRemove }: { rule: LimitRule; onEdit: () => void; onRemove: () => void }) {
  const href = useHref();
  return (
    <li className="limit-rule">
      <LimitPicture rule={rule} height={64} plain />
      <div className="limit-words">
        <p className="limit-says">{ruleWords(rule)}</p>
        <p className="quieter">{rule.algorithm === "token_bucket" ? "Token bucket" : "Sliding window"}, counted for {rule.source === null ? APPLIES_WORDS[rule.applies_to] : <>{rule.applies_to === "source" ? "" : `${APPLIES_WORDS[rule.applies_to]} of `}<a href={href({ item: `sources/${rule.source}`, open: null })}>{rule.source}</a>{rule.applies_to === "source" && " alone"}</>}. {recoveryWords(rule)}</p>
      </div>
      <span className="limit-actions">
        <a className="button button-plain button-small" href={href({ screen: "attempts", item: null, open: null, range: { kind: "preset", preset: "7d" }, filters: { category: ["rate_limited"], ...(rule.source === null ? {} : { source: [rule.source] }) }, words: "" })}>Refusals</a>
        <button type="button" className="button button-small" onClick={onEdit}>Change<span className="unseen"> the rule: {ruleWords(rule)}</span></button>
        <button type="button" className="button button-plain button-icon button-small" aria-label={`Remove the rule: ${ruleWords(rule)}`} title="Remove" onClick={onRemove}><Icon name="trash" size={14} /></button>
      </span>
    </li>
  );
}

/** A name that no other rule has. */
function newRuleId(rules: readonly LimitRule[]): string {
  for (let count = rules.length + 1; ; count += 1) if (!rules.some((rule) => rule.rule_id === `rule_${count}`)) return `rule_${count}`;
}
