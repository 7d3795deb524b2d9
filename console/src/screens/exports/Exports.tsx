import { useCallback, useState } from "react";
import { EXPORT_FORMATS, EXPORT_OF, Export, ExportFormat, ExportOf, createExport } from "../../api/exports";
import { ApiFailure } from "../../api/failure";
import { Empty } from "../../parts/Empty";
import { Refusal, Segmented, asFailure } from "../../parts/Form";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { JobMark } from "../../parts/JobMark";
import { ProgressBar } from "../../parts/JobProgress";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { SettingsNav } from "../../parts/SubNav";
import { cache } from "../../state/cache";
import { useKeys } from "../../state/keyboard";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { rowsOfExport } from "../../state/rows";
import { rangeWords } from "../../state/range";
import { exportsOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { useJob } from "../../state/useJob";
import { hasFilters } from "../../state/view";
import { go, useHref } from "../../state/useView";
import { FORMAT_WORDS, OF_WORDS, coverage, exportQuestion, exportTitle, takesFilters } from "../../words/exports";
import { jobLine } from "../../words/jobs";
import { bytes, duration, exact } from "../../words/numbers";
import { ExportDrawer } from "./ExportDrawer";
import "./exports.css";

/** How do I take the rows with me? */
export function Exports() {
  const scope = useScope();
  const question = exportsOf(scope);
  const exports = useAnswer(question, scope.view.live);
  const { open } = scope.view;
  const [selected, select] = useState<string | null>(open);
  const list = exports.data?.exports ?? [];
  const move = (by: number) => {
    const here = list.findIndex((row) => row.job.job_id === selected);
    const next = list[here < 0 ? 0 : Math.min(list.length - 1, Math.max(0, here + by))];
    if (!next) return;
    select(next.job.job_id);
    if (open) go({ open: next.job.job_id }, { replace: true });
  };
  useKeys([
    { keys: "j", says: "Next row", group: "On this screen", run: () => move(1) },
    { keys: "k", says: "Previous row", group: "On this screen", run: () => move(-1) },
    { keys: "Enter", says: "Open the export", group: "On this screen", run: () => selected && go({ open: selected }) },
  ]);
  const shown = open === null ? null : list.find((row) => row.job.job_id === open) ?? null;
  return (
    <>
      <SettingsNav />
      <h1>Exports</h1>
      <p className="sentence">Rows as files, each with its SHA-256 in a manifest, so that whoever receives them can tell that nothing is missing.</p>
      <div className="stack screen-stack">
        <NewExport onMade={(jobId) => { select(jobId); cache.outdate(question.key); cache.outdate("jobs?"); }} />
        <Panel title="Exports" note="newest first" resource={exports} skeleton={<TableBones rows={4} />} isEmpty={(data) => data.exports.length === 0}
          empty={<Empty title="No export yet"><p>What you create above appears here with its progress, its files and when they are deleted. The same over HTTP: <code>POST /v1/exports</code>.</p></Empty>}>
          {(data) => <ExportTable exports={data.exports} selected={selected} />}
        </Panel>
      </div>
      {open && (shown || exports.data) && <ExportDrawer jobId={open} known={shown} onMove={move} />}
    </>
  );
}

function NewExport({ onMade }: { onMade: (jobId: string) => void }) {
  const scope = useScope();
  const now = useNow(60_000);
  const [of, setOf] = useState<ExportOf>("attempts");
  const [format, setFormat] = useState<ExportFormat>("csv");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const { view, zone, project, span } = scope;
  const narrowed = hasFilters(view);
  const create = () => {
    setBusy(true);
    setFailure(null);
    createExport(exportQuestion(project.project_id, of, format, span, zone, view)).then(
      ({ job_id }) => { setBusy(false); onMade(job_id); },
      (error: unknown) => { setBusy(false); setFailure(asFailure(error)); },
    );
  };
  return (
    <section className="panel" aria-label="New export">
      <header className="panel-head"><h2>New export</h2><span className="panel-note">of the range and filters above</span></header>
      <div className="export-form">
        <Segmented label="Of" value={of} onChoose={setOf} choices={EXPORT_OF.map((value) => ({ value, says: OF_WORDS[value].name, hint: OF_WORDS[value].says }))} />
        <Segmented label="As" value={format} onChoose={setFormat} choices={EXPORT_FORMATS.map((value) => ({ value, says: FORMAT_WORDS[value].name, hint: FORMAT_WORDS[value].says }))} />
        <button type="button" className="button button-main" disabled={busy} onClick={create}>{busy ? "Creating" : "Create the export"}</button>
      </div>
      <p className="quiet export-says">{OF_WORDS[of].name}, {rangeWords(view.range, zone, now).replace(/^(Today|Yesterday|Last)/, (word) => word.toLowerCase())}: {OF_WORDS[of].says}; {FORMAT_WORDS[format].says}.
        {narrowed && (takesFilters(of) ? " The filters above hold." : <span className="warn"> {OF_WORDS[of].name} are not narrowed down by filters: all of them are exported.</span>)}</p>
      <Refusal failure={failure} of="the export" says="The export was not created" />
    </section>
  );
}

/** Browsers keep six connections to one server: so many exports are followed as streams, the others with the list. */
const FOLLOWED_MAX = 2;

const isGoing = (one: Export): boolean => one.job.status === "queued" || one.job.status === "running";

function ExportTable({ exports, selected }: { exports: readonly Export[]; selected: string | null }) {
  const followed = exports.filter(isGoing).slice(-FOLLOWED_MAX);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Exports of this project">
      <table className="table rows exports-table">
        <thead><tr><th scope="col">Of</th><th scope="col">Covers</th><th scope="col">State</th><th scope="col" className="right">Rows</th><th scope="col" className="right">Size</th><th scope="col">Created</th><th scope="col">Kept for</th><th scope="col"><span className="unseen">Download</span></th></tr></thead>
        <tbody>{exports.map((one) => <ExportRow key={one.job.job_id} one={one} selected={one.job.job_id === selected} follows={followed.includes(one)} />)}</tbody>
      </table>
    </div>
  );
}

function ExportRow({ one, selected, follows }: { one: Export; selected: boolean; follows: boolean }) {
  const { project, zone, today } = useScope();
  const href = useHref();
  const now = useNow(1000);
  const going = isGoing(one);
  const finished = useCallback(() => cache.outdate("exports?"), []);
  const followed = useJob(project.project_id, follows ? one.job.job_id : null, finished);
  const job = (follows ? followed.job : null) ?? one.job;
  const share = job.progress.total ? job.progress.done / job.progress.total : null;
  const size = one.files.reduce((sum, file) => sum + file.bytes, 0);
  const gone = one.expires_at !== null && one.expires_at <= now;
  const [only] = one.files;
  const held = one.files.reduce((sum, file) => sum + (file.rows ?? 0), 0);
  const rows = rowsOfExport(job.about, job.started_at ?? job.created_at, zone);
  return (
    <tr aria-current={selected ? "true" : undefined} onClick={() => go({ open: job.job_id })}>
      <td><a className="row-link" href={href({ open: job.job_id })} onClick={(event) => event.stopPropagation()}><b>{exportTitle({ ...one, job })}</b></a></td>
      <td className="quiet exports-covers">{coverage(job.about, zone, today) || <span className="quieter">see its manifest</span>}</td>
      <td className="exports-state">{going ? <><ProgressBar share={share} label="Progress of the export" /><span className="quieter number">{jobLine(job, now)}</span></> : <JobMark status={job.status} />}</td>
      <td className="right number">{one.files.length > 0 ? (rows ? <a className="rows-link" href={href(rows)} title="Open these attempts" onClick={(event) => event.stopPropagation()}>{exact(held)}</a> : exact(held)) : <span className="quieter">{"\u2013"}</span>}</td>
      <td className="right number">{one.files.length > 0 ? bytes(size) : <span className="quieter">{"\u2013"}</span>}</td>
      <td className="quiet"><Moment at={job.created_at} /></td>
      <td className="quiet nowrap">{one.expires_at === null ? <span className="quieter">{"\u2013"}</span> : gone ? "deleted" : duration(one.expires_at - now)}</td>
      <td className="right">{job.status === "succeeded" && only && !gone && (one.files.length === 1
        ? <a className="button button-small" href={only.href} download={only.name} onClick={(event) => event.stopPropagation()}><Icon name="download" size={14} />Download<span className="unseen"> {only.name}</span></a>
        : <a className="button button-small" href={href({ open: job.job_id })} onClick={(event) => event.stopPropagation()}>{one.files.length} files</a>)}</td>
    </tr>
  );
}
