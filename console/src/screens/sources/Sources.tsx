import { FormEvent, useCallback, useState } from "react";
import { Bar } from "../../charts/Sparkline";
import { Empty } from "../../parts/Empty";
import { TextField } from "../../parts/Form";
import { TableBones } from "../../parts/FunnelSteps";
import { Dialog } from "../../parts/Drawer";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { SettingsNav } from "../../parts/SubNav";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { SOURCE_MEMORY_DAYS, SourceRow, SourcesAnswer, lastAttemptOf, sourcesOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { ruleWords } from "../../words/limits";
import { counted, exact, percent, short } from "../../words/numbers";
import { activeSecrets } from "./words";
import "./sources.css";

/** Where do submissions come from, and what is set up for each? */
export function Sources() {
  const scope = useScope();
  const sources = useAnswer(sourcesOf(scope), scope.view.live);
  const [adding, add] = useState(false);
  const list = sources.data?.sources ?? [];
  const [selected, select] = useState<string | null>(null);
  const open = useCallback((source: string) => go({ item: `sources/${source}`, open: null }), []);
  const move = (by: number) => {
    const here = list.findIndex((row) => row.source === selected);
    const next = list[here < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, here + by))];
    if (next) select(next.source);
  };
  useKeys([
    { keys: "j", says: "Next row", group: "On this screen", run: () => move(1) },
    { keys: "k", says: "Previous row", group: "On this screen", run: () => move(-1) },
    { keys: "Enter", says: "Open the source", group: "On this screen", run: () => selected && open(selected) },
    { keys: "n", says: "Set up a source", group: "On this screen", run: () => add(true) },
  ]);
  const button = <button type="button" className="button button-small" onClick={() => add(true)}><Icon name="plus" size={14} />Set up a source</button>;
  return (
    <>
      <SettingsNav />
      <h1>Sources</h1>
      <Sentence data={sources.data} />
      <div className="stack screen-stack">
        <Panel title="Sources" note={`seen within ${SOURCE_MEMORY_DAYS} days, or set up`} resource={sources} skeleton={<TableBones rows={6} />} actions={button} isEmpty={(data) => data.sources.length === 0}
          empty={<Empty title="No source yet"><p>A source is where a submission comes from: a web form, a partner, a call center. It appears here with its first submission, or when you set it up: what its fields must look like, whether its form or webhook is open, how often it may send.</p>{button}</Empty>}>
          {(data) => <SourceTable data={data} selected={selected} />}
        </Panel>
      </div>
      {adding && <NewSource known={list.map((row) => row.source)} onClose={() => add(false)} />}
    </>
  );
}

function Sentence({ data }: { data: SourcesAnswer | undefined }) {
  const href = useHref();
  if (!data) return <p className="sentence quiet">{"\u00a0"}</p>;
  const { sources } = data;
  if (sources.length === 0) return <p className="sentence">Nothing has been sent to this project yet, and no source is set up.</p>;
  const events = sources.reduce((sum, row) => sum + (row.today?.events ?? 0), 0);
  const successes = sources.reduce((sum, row) => sum + (row.today?.successes ?? 0), 0);
  const checked = sources.filter((row) => row.schema?.active_version != null).length;
  const forms = sources.filter((row) => row.form?.is_enabled).length;
  const hooks = sources.filter((row) => activeSecrets(row.webhook, Date.now()) > 0).length;
  const lowest = sources.filter((row) => (row.today?.events ?? 0) >= 5).sort((one, other) => share(one) - share(other))[0];
  const mean = events > 0 ? successes / events : null;
  return (
    <p className="sentence">
      {[
        `${counted(sources.length, "source")}${data.missing.includes("the field schemas") ? "" : `: ${checked === 0 ? "none" : checked === sources.length ? "all" : exact(checked)} checked by a field schema`}`,
        ...(data.missing.includes("the forms") || data.missing.includes("the webhooks") ? [] : [`${forms === 1 ? "one form" : `${forms === 0 ? "no" : exact(forms)} forms`} and ${hooks === 1 ? "one webhook" : `${hooks === 0 ? "no" : exact(hooks)} webhooks`} open`]),
      ].join(", ")}.{" "}
      {data.missing.includes("today's attempts") ? null : mean === null ? "Nothing was sent today." : <>Today {percent(mean)} of {counted(events, "attempt")} succeeded{lowest && share(lowest) < mean - 0.05 ? <>; the lowest is <a className="bad" href={href({ screen: "attempts", item: null, open: null, range: { kind: "preset", preset: "today" }, filters: { source: [lowest.source], outcome: ["failure"] }, words: "" })}>{lowest.source}</a> with {percent(share(lowest))}</> : null}.</>}
    </p>
  );
}

const share = (row: SourceRow): number => (row.today && row.today.events > 0 ? row.today.successes / row.today.events : 1);

function SourceTable({ data, selected }: { data: SourcesAnswer; selected: string | null }) {
  const href = useHref();
  const without = (part: string) => data.missing.includes(part);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Sources of this project">
      <table className="table rows sources-table">
        <thead>
          <tr>
            <th scope="col">Source</th><th scope="col">Field schema</th><th scope="col">Form</th><th scope="col">Webhook</th><th scope="col">Limits</th>
            <th scope="col">Last attempt</th><th scope="col" className="right">Attempts today</th><th scope="col" className="right">Succeeded</th><th scope="col" className="sources-bar"><span className="unseen">Share</span></th>
          </tr>
        </thead>
        <tbody>
          {data.sources.map((row) => (
            <tr key={row.source} aria-current={row.source === selected ? "true" : undefined} onClick={() => go({ item: `sources/${row.source}`, open: null })}>
              <td className="sources-name"><a className="row-link" href={href({ item: `sources/${row.source}`, open: null })} onClick={(event) => event.stopPropagation()}><b>{row.source}</b></a></td>
              <td>{without("the field schemas") ? <Unknown /> : row.schema?.active_version != null ? <span className="mark-good"><Icon name="check" size={14} />version {row.schema.active_version}</span> : row.schema && row.schema.versions > 0 ? <span className="mark-plain"><Icon name="close" size={14} />off, {counted(row.schema.versions, "version")}</span> : <None />}</td>
              <td>{without("the forms") ? <Unknown /> : row.form ? row.form.is_enabled ? <span className="mark-good"><Icon name="check" size={14} />on</span> : <span className="mark-plain"><Icon name="close" size={14} />off</span> : <None />}</td>
              <td>{without("the webhooks") ? <Unknown /> : <Secrets row={row} />}</td>
              <td>{without("the limits") ? <Unknown /> : row.limits.length === 0 ? <span className="quieter">{data.general.length > 0 ? "the general ones" : "none"}</span> : <span title={row.limits.map(ruleWords).join("\n")}>{counted(row.limits.length, "rule")} of its own</span>}</td>
              <td className="quiet"><LastAttempt source={row.source} /></td>
              <td className="right number">{without("today's attempts") ? <Unknown /> : short(row.today?.events ?? 0)}</td>
              <td className={`right number ${row.today && share(row) < 0.6 ? "bad" : ""}`}>{row.today && row.today.events > 0 ? percent(share(row)) : <None />}</td>
              <td className="sources-bar">{row.today && row.today.events > 0 && <Bar share={share(row)} tone={share(row) < 0.6 ? "bad" : "plain"} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const None = () => <span className="quieter">{"\u2013"}</span>;
const Unknown = () => <span className="quieter" title="That part did not answer">?</span>;

function Secrets({ row }: { row: SourceRow }) {
  const good = activeSecrets(row.webhook, Date.now());
  if (!row.webhook || row.webhook.secrets.length === 0) return <None />;
  if (good === 0) return <span className="mark-plain"><Icon name="close" size={14} />no valid secret</span>;
  return <span className="mark-good"><Icon name="check" size={14} />{good === 1 ? "on" : `${good} secrets`}</span>;
}

function LastAttempt({ source }: { source: string }) {
  const scope = useScope();
  const last = useAnswer(lastAttemptOf(scope, source));
  if (last.data === undefined) return last.failure ? <Unknown /> : <span className="bone sources-bone" aria-hidden="true" />;
  return last.data === null ? <span className="quieter">none in {SOURCE_MEMORY_DAYS} days</span> : <Moment at={last.data.received_at} />;
}

/** A source needs no act of creation: naming one opens the page where it is set up. */
function NewSource({ known, onClose }: { known: readonly string[]; onClose: () => void }) {
  const [name, setName] = useState("");
  const [error, setError] = useState<string | undefined>(undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(wanted)) return setError("1 to 64 letters, digits or _ . : -");
    onClose();
    go({ item: `sources/${wanted}`, open: null });
  };
  return (
    <Dialog label="Set up a source" onClose={onClose}>
      <h2>Set up a source</h2>
      <form className="form-stack" onSubmit={submit} noValidate>
        <TextField label="Name" value={name} onText={(text) => { setName(text); setError(undefined); }} error={error} placeholder="landing_page" data-autofocus spellCheck={false} autoComplete="off"
          hint={known.includes(name.trim()) ? "This source is there already; its page opens." : "As submissions name it in \u201csource\u201d. Nothing is stored until you switch something on."} />
        <div className="form-actions"><button type="submit" className="button button-main">Open its page</button><button type="button" className="button button-plain" onClick={onClose}>Cancel</button></div>
      </form>
    </Dialog>
  );
}
