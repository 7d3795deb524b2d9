import { useRef, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { DryRun, Samples, WrittenSchema, runDry } from "../../api/schemas";
import { Bar } from "../../charts/Sparkline";
import { FormField, Refusal, Segmented, asFailure } from "../../parts/Form";
import { Icon } from "../../parts/Icon";
import { ProgressBar } from "../../parts/JobProgress";
import { useScope } from "../../state/project";
import { useHref } from "../../state/useView";
import { counted, exact, percent, shortId } from "../../words/numbers";
import { codeWords } from "../../words/verdict";
import { parseSamples } from "./samples";

const COUNTS = ["50", "200", "1000"] as const;
const SHOWN_FIRST = 10;
const SHOWN_MAX = 200;
const EXAMPLE = '{"user":{"email":"ana@example.com"},"source":"web_form","consent":true,"fields":{"state":"CA","loan_amount":320000}}';

/** Tries the fields out on samples, before any of it holds: what would pass, and what would be refused and why. */
export function DryRunPanel({ source, written, broken, name }: { source: string; written: WrittenSchema; broken: boolean; name: string }) {
  const { project } = useScope();
  const [from, setFrom] = useState<"recent" | "pasted">("recent");
  const [count, setCount] = useState<typeof COUNTS[number]>("200");
  const [pasted, setPasted] = useState("");
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [state, set] = useState<{ busy: boolean; failure: ApiFailure | null; result: DryRun | null; of: string }>({ busy: false, failure: null, result: null, of: "" });
  const abort = useRef<AbortController | null>(null);
  const tried = JSON.stringify(written);
  const run = () => {
    let samples: Samples = { recent: Number(count) };
    if (from === "pasted") {
      const read = parseSamples(pasted, source);
      if ("problem" in read) return setProblem(read.problem);
      samples = { samples: read.samples };
    }
    setProblem(undefined);
    const controller = new AbortController();
    abort.current = controller;
    set({ busy: true, failure: null, result: state.result, of: state.of });
    runDry(project.project_id, source, written, samples, controller.signal).then(
      (result) => set({ busy: false, failure: null, result, of: tried }),
      (error: unknown) => set((before) => ({ ...before, busy: false, failure: controller.signal.aborted ? null : asFailure(error) })),
    );
  };
  return (
    <section className="panel" aria-label="Dry run">
      <header className="panel-head"><h2>Dry run</h2><span className="panel-note">tries {name} out; nothing is stored, nobody notices</span></header>
      <div className="dry-form">
        <Segmented label="On" value={from} onChoose={setFrom} choices={[{ value: "recent", says: "Recent leads", hint: "The fields of leads are kept; those of failed attempts are not" }, { value: "pasted", says: "Pasted samples" }]} />
        {from === "recent" && <Segmented label="How many" value={count} onChoose={setCount} choices={COUNTS.map((value) => ({ value, says: exact(Number(value)) }))} />}
        <span className="dry-run">
          <button type="button" className="button" disabled={state.busy || broken} onClick={run}>{state.busy ? "Checking" : "Run"}</button>
          {state.busy && <button type="button" className="button button-plain" onClick={() => abort.current?.abort()}>Stop</button>}
        </span>
      </div>
      {from === "pasted" && (
        <FormField label="Samples" hint="A submission, a list of them, or one a line. Only the members of fields: may be pasted alone." error={problem} className="dry-pasted">
          {(wired) => <textarea className="input mono" rows={5} spellCheck={false} value={pasted} placeholder={EXAMPLE} onChange={(event) => { setPasted(event.target.value); setProblem(undefined); }} {...wired} />}
        </FormField>
      )}
      {broken && <p className="quieter">Put right what is marked above first.</p>}
      {state.busy && <ProgressBar share={null} label="Checking the samples" />}
      <Refusal failure={state.failure} of="the dry run" says="The dry run did not work" />
      {state.result && <Result result={state.result} old={state.of !== tried} source={source} />}
    </section>
  );
}

function Result({ result, old, source }: { result: DryRun; old: boolean; source: string }) {
  const [only, setOnly] = useState<string | null>(null);
  const [all, showAll] = useState(false);
  const most = all ? SHOWN_MAX : SHOWN_FIRST;
  const href = useHref();
  if (result.checked === 0) return <p className="dry-verdict quiet">There was nothing to check: {source} has no leads yet, and the values of failed attempts are not kept. Paste samples instead.</p>;
  const key = (pointer: string, code: string) => `${pointer} ${code}`;
  const shown = result.results.filter((row) => (only === null ? row.errors.length > 0 : row.errors.some((error) => key(error.pointer, error.code) === only)));
  return (
    <div className={old ? "dry-result dry-old" : "dry-result"}>
      <p className="dry-verdict" role="status">
        {result.failed === 0 ? <span className="mark-good"><Icon name="check" size={14} />All {exact(result.checked)} would pass.</span>
          : <span className="mark-warn"><Icon name="warning" size={14} /><span><b>{exact(result.failed)} of {exact(result.checked)}</b> would be refused ({percent(result.failed / result.checked)}); {exact(result.passed)} would pass.</span></span>}
        {old && <span className="quieter"> The fields have changed since; run it again.</span>}
      </p>
      {result.by_field.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Refused by field">
          <table className="table dry-fields">
            <thead><tr><th scope="col">Field</th><th scope="col">Reason</th><th scope="col" className="right">Refused</th><th scope="col"><span className="unseen">Share</span></th><th scope="col"><span className="unseen">Samples</span></th></tr></thead>
            <tbody>
              {result.by_field.map((row) => (
                <tr key={key(row.pointer, row.code)}>
                  <td><code>{row.pointer}</code></td><td>{codeWords(row.code)} <code className="quieter">{row.code}</code></td><td className="right number">{exact(row.count)}</td>
                  <td className="dry-bar"><Bar share={row.count / result.checked} tone="bad" /></td>
                  <td className="right"><button type="button" className="button button-plain button-small" aria-pressed={only === key(row.pointer, row.code)} onClick={() => setOnly(only === key(row.pointer, row.code) ? null : key(row.pointer, row.code))}>{only === key(row.pointer, row.code) ? "All samples" : "Only these"}</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Refused by sample">
          <table className="table dry-samples">
            <thead><tr><th scope="col">Sample</th><th scope="col">What is wrong</th></tr></thead>
            <tbody>
              {shown.slice(0, most).map((row) => (
                <tr key={row.index}>
                  <td className="nowrap">{row.attempt_id ? <a className="mono" href={href({ screen: "attempts", item: null, filters: {}, words: "", open: row.attempt_id })}>{shortId(row.attempt_id, 10, 4)}</a> : `number ${row.index + 1}`}</td>
                  <td>{row.errors.map((error) => <p key={key(error.pointer, error.code)}><code>{error.pointer}</code> <span className="quiet">{error.message}</span></p>)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {shown.length > most && <p className="quieter">The first {most} of {counted(shown.length, "sample")}. {!all && <button type="button" className="button button-small" onClick={() => showAll(true)}>Show {shown.length > SHOWN_MAX ? SHOWN_MAX : "all"}</button>}</p>}
    </div>
  );
}
