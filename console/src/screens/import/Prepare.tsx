import { useEffect, useMemo, useRef, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { IMPORT_BYTES_MAX, Upload, uploadImport } from "../../api/imports";
import { Snippet } from "../../parts/Empty";
import { FormField, Refusal, TextField, asFailure } from "../../parts/Form";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { ProgressBar } from "../../parts/JobProgress";
import { Waiting } from "../../parts/Panel";
import { cache } from "../../state/cache";
import { useScope } from "../../state/project";
import { sourcesOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { go } from "../../state/useView";
import { CsvHead, csvHead, estimatedRows, fileProblems } from "../../words/csv";
import { bytes, counted, duration, exact, percent } from "../../words/numbers";
import { Columns } from "./Columns";
import { ColumnChoice, findings, guessed, mappingProblems, submissionOf, targetOf } from "./mapping";

const HEAD_BYTES = 256 * 1024;
const PREVIEW_ROWS = 8;
/** What the server keeps of a file's name, in characters. */
const NAME_MAX = 60;
const NAME = /^[A-Za-z0-9_.:-]{1,64}$/;

/** What the file holds and what would become of it, before any of it is sent. */
export function Prepare({ file, onOther }: { file: File; onOther: (file: File | null) => void }) {
  const [head, setHead] = useState<CsvHead | null>(null);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    file.slice(0, HEAD_BYTES).text().then(
      (text) => { if (!gone) setHead(csvHead(text, file.size <= HEAD_BYTES)); },
      () => { if (!gone) setUnreadable("The browser cannot read this file. It may have been moved or changed since it was chosen."); },
    );
    return () => { gone = true; };
  }, [file]);
  if (unreadable) return <Stopped says={[unreadable]} onOther={onOther} />;
  if (!head) return <Waiting><TableBones rows={6} /></Waiting>;
  const problems = fileProblems(head);
  const stops = [...problems.stops, ...(file.size > IMPORT_BYTES_MAX ? [`The file has ${bytes(file.size)}; one import takes up to 256 MiB. Split it into parts with the same header.`] : [])];
  return stops.length > 0 ? <Stopped says={stops} onOther={onOther} /> : <Ready file={file} head={head} warns={problems.warns} onOther={onOther} />;
}

function Stopped({ says, onOther }: { says: readonly string[]; onOther: (file: null) => void }) {
  return (
    <div className="notice import-stopped" role="alert">
      <Icon name="warning" />
      <div>
        <p><strong>This file cannot be imported as it is</strong></p>
        {says.map((line) => <p key={line}>{line}</p>)}
        <p className="notice-actions"><button type="button" className="button button-small" onClick={() => onOther(null)}>Choose another file</button></p>
      </div>
    </div>
  );
}

interface Sending { upload: Upload; sent: number; since: number }

function Ready({ file, head, warns, onOther }: { file: File; head: CsvHead; warns: readonly string[]; onOther: (file: null) => void }) {
  const scope = useScope();
  const known = useAnswer(sourcesOf(scope)).data?.sources.map((row) => row.source) ?? [];
  const [choices, setChoices] = useState<ColumnChoice[]>(() => guessed(head.columns));
  const [source, setSource] = useState("bulk_import");
  const [channel, setChannel] = useState("");
  const [consent, setConsent] = useState(false);
  const [sending, setSending] = useState<Sending | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const upload = useRef<Upload | null>(null);
  useEffect(() => () => upload.current?.abort(), []);
  const found = useMemo(() => findings(choices, head.rows), [choices, head]);
  const whole = mappingProblems(choices, consent);
  const has = (target: ColumnChoice["to"]) => choices.some((choice) => choice.to === target);
  const sourceProblem = has("source") || NAME.test(source.trim()) ? undefined : "1 to 64 letters, digits or _ . : -";
  const channelProblem = channel.trim() === "" || NAME.test(channel.trim()) ? undefined : "1 to 64 letters, digits or _ . : -";
  const stops = [...whole.stops, ...found.flatMap((one, index) => one.stops.map((line) => `${head.columns[index]}: ${line}`))];
  const rows = estimatedRows(head, file.size);
  const begin = () => {
    setFailure(null);
    const since = Date.now();
    const started = uploadImport(scope.project.project_id, file, {
      name: file.name.slice(-NAME_MAX), source: source.trim(), channel: channel.trim(), consent,
      map: choices.filter((choice) => choice.column !== "").map((choice) => ({ column: choice.column, target: targetOf(choice), factor: choice.to === "field" ? choice.factor : 1 })),
    }, (sent) => setSending((before) => (before ? { ...before, sent } : before)));
    upload.current = started;
    setSending({ upload: started, sent: 0, since });
    started.jobId.then(
      (jobId) => { upload.current = null; cache.outdate("jobs?"); go({ item: `import/${jobId}`, open: null }); },
      (error: unknown) => { upload.current = null; setSending(null); setFailure(asFailure(error)); },
    );
  };
  return (
    <>
      <p className="sentence"><b>{file.name}</b> has {head.isWhole ? "" : "about "}{counted(rows, "row")} in {counted(head.columns.length, "column")}, {bytes(file.size)}. <button type="button" className="button button-plain button-small" onClick={() => onOther(null)} disabled={sending !== null}>Choose another file</button></p>
      <div className="stack screen-stack">
        {warns.map((line) => <p key={line} className="import-warn"><Icon name="warning" size={14} />{line}</p>)}
        <section className="panel" aria-label="Columns">
          <header className="panel-head"><h2>Columns</h2><span className="panel-note">guessed from their names; change what is wrong</span></header>
          <Columns head={head} choices={choices} findings={found} onChoices={setChoices} />
        </section>
        <section className="panel" aria-label="First rows">
          <header className="panel-head"><h2>First rows</h2><span className="panel-note">as they are in the file</span></header>
          <Preview head={head} choices={choices} />
          {head.rows[0] && <details className="import-becomes"><summary>What line 2 becomes</summary><Snippet text={JSON.stringify(submissionOf(choices, head.rows[0], { source: source.trim(), channel: channel.trim(), consent }), null, 2)} /></details>}
        </section>
        <section className="panel" aria-label="Options">
          <header className="panel-head"><h2>Every row</h2></header>
          <div className="form-grid import-options">
            <TextField label="Source" value={source} onText={setSource} list="import-sources" spellCheck={false} error={sourceProblem} hint={has("source") ? "Where the file's own column is empty." : "By which you find these attempts later."} />
            <datalist id="import-sources">{known.map((name) => <option key={name} value={name} />)}</datalist>
            <TextField label="Channel" value={channel} onText={setChannel} spellCheck={false} placeholder="none" error={channelProblem} hint={has("channel") ? "Where the file's own column is empty." : "The marketing channel, if they share one."} />
            <FormField label="Consent">
              {(wired) => <label className="check import-consent"><input type="checkbox" checked={consent} onChange={() => setConsent(!consent)} {...wired} /><span>Everybody in this file has consented <span className="quieter">{has("consent") ? "where the file's own column is empty" : "you can show it for each of them"}</span></span></label>}
            </FormField>
          </div>
        </section>
        <section className="panel import-go" aria-label="Begin">
          {stops.length > 0 && <ul className="import-stops">{stops.map((line) => <li key={line} className="mark-bad"><Icon name="cross" size={14} /><span>{line}</span></li>)}</ul>}
          {whole.warns.map((line) => <p key={line} className="import-warn"><Icon name="warning" size={14} />{line}</p>)}
          <Refusal failure={failure?.code === "stopped" ? null : failure} of="the import" says="The import did not begin" />
          {failure?.code === "stopped" && <p className="quiet" role="status">{failure.message}</p>}
          {sending ? <Uploading sending={sending} file={file} /> : (
            <div className="form-actions form-actions-flat">
              <button type="button" className="button button-main" disabled={stops.length > 0 || sourceProblem !== undefined || channelProblem !== undefined} onClick={begin}><Icon name="upload" size={14} />Import {head.isWhole ? "" : "about "}{counted(rows, "row")}</button>
              <span className="quieter">into {scope.project.name}. The job goes on when this page is closed.</span>
            </div>
          )}
        </section>
      </div>
    </>
  );
}

function Preview({ head, choices }: { head: CsvHead; choices: readonly ColumnChoice[] }) {
  const skipped = (index: number) => { const choice = choices[index]; return choice === undefined || targetOf(choice) === null; };
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="The first rows of the file">
      <table className="table import-preview">
        <thead><tr><th scope="col" className="right">Line</th>{head.columns.map((column, index) => <th key={`${column} ${index}`} scope="col" className={skipped(index) ? "import-skipped" : undefined}>{column || "no name"}</th>)}</tr></thead>
        <tbody>
          {head.rows.slice(0, PREVIEW_ROWS).map((row, index) => (
            <tr key={index}><td className="right number quieter">{exact(index + 2)}</td>{head.columns.map((_, column) => <td key={column} className={skipped(column) ? "import-skipped" : undefined}>{row[column]?.trim() ? row[column] : <span className="quieter">empty</span>}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Uploading({ sending, file }: { sending: Sending; file: File }) {
  const share = file.size === 0 ? 1 : Math.min(1, sending.sent / file.size);
  const spent = Date.now() - sending.since;
  const left = share > 0.05 && share < 1 ? duration(Math.max(1_000, (spent / share) * (1 - share))) : null;
  return (
    <div className="import-upload">
      <ProgressBar share={share} label="Sending the file" />
      <p className="import-upload-line"><span className="number">{share < 1 ? `Sending: ${bytes(sending.sent)} of ${bytes(file.size)} · ${percent(share)}` : "Sent; waiting for the job to begin"}</span>{left && <span className="quieter">about {left} left</span>}
        <button type="button" className="button button-small" onClick={sending.upload.abort}>Stop</button></p>
      <p className="quieter">Keep this page open until the file is sent.</p>
    </div>
  );
}
