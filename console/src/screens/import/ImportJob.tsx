import { useState } from "react";
import { fetchImportErrors, resultOfImport, ImportResult } from "../../api/imports";
import type { Job } from "../../api/jobs";
import { Bar } from "../../charts/Sparkline";
import { saveFile } from "../../charts/export";
import { Confirm, Refusal, asFailure } from "../../parts/Form";
import { ApiFailure } from "../../api/failure";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { JobProgress } from "../../parts/JobProgress";
import { Moment } from "../../parts/Moment";
import { Failed, Waiting } from "../../parts/Panel";
import { cache } from "../../state/cache";
import { useScope } from "../../state/project";
import { useJob } from "../../state/useJob";
import { Filters, RangeChoice, View } from "../../state/view";
import { useHref } from "../../state/useView";
import { jobTitle } from "../../words/jobs";
import { counted, duration, exact, percent } from "../../words/numbers";
import { codeWords } from "../../words/verdict";

/** One import: how far it is, then what became of its rows. */
export function ImportJob({ jobId }: { jobId: string }) {
  const { project } = useScope();
  const href = useHref();
  const [asking, ask] = useState(false);
  const followed = useJob(project.project_id, jobId, () => { for (const family of ["jobs?", "sources?", "attempts?", "overview?"]) cache.outdate(family); });
  const { job, failure } = followed;
  if (!job && failure) return <div className="screen-stack"><Failed failure={failure} resource={{ again: followed.again, retryAt: null, asking: false, failedTries: 1 }} /></div>;
  if (!job) return <div className="screen-stack"><Waiting><TableBones rows={4} /></Waiting></div>;
  const going = job.status === "queued" || job.status === "running";
  return (
    <>
      <Sentence job={job} />
      <div className="stack screen-stack">
        {(going || job.status === "failed") && (
          <section className="panel" aria-label="Progress">
            <JobProgress followed={{ ...followed, cancel: () => ask(true) }} doing={`Importing ${jobTitle(job)}`} />
            {going && <p className="quieter import-going">It goes on when this page is closed; its address leads back here.</p>}
          </section>
        )}
        {!going && <Outcome job={job} />}
        <p className="import-next"><a className="button" href={href({ item: "import", open: null })}>{going ? "All imports" : "Import another file"}</a></p>
      </div>
      {asking && (
        <Confirm label="Cancel the import" title="Cancel the import?" of="the import" confirm="Cancel it" confirming="Cancelling" keep="Let it go on" danger run={async () => followed.cancel()} onDone={() => ask(false)} onClose={() => ask(false)}>
          <p>{job.progress.done > 0 && job.progress.unit === "rows" ? `The ${exact(job.progress.done)} rows that were read already stay: each is an attempt in the log.` : "Rows that were read already stay: each is an attempt in the log."} The rest of the file is not imported.</p>
        </Confirm>
      )}
    </>
  );
}

function Sentence({ job }: { job: Job }) {
  const result = resultOfImport(job.result);
  const took = job.started_at !== null && job.finished_at !== null ? `, in ${duration(job.finished_at - job.started_at)}` : "";
  const name = jobTitle(job);
  switch (job.status) {
    case "queued":
    case "running":
      return <p className="sentence">The import of {name} is under way, since <Moment at={job.started_at ?? job.created_at} seconds />.</p>;
    case "failed":
      return <p className="sentence">The import of {name} <span className="bad">failed</span>{took}.{result ? ` ${counted(result.rows, "row")} had been read.` : ""}</p>;
    case "cancelled":
      return <p className="sentence">The import of {name} was cancelled{took.replace(", in", " after")}. {job.progress.done === 0 ? "No row had been read." : `${counted(job.progress.done, "row")} had been read and ${job.progress.done === 1 ? "stays" : "stay"}: each is an attempt in the log.`}</p>;
    case "succeeded":
      if (!result) return <p className="sentence">{name} is imported{took}.</p>;
      return <p className="sentence">{counted(result.rows, "row")} of {name}{took}: <b>{counted(result.leads, "lead")}</b>{result.failures === 0 ? ", none failed." : <>, <span className="bad">{exact(result.failures)} failed</span> ({percent(result.failures / Math.max(1, result.rows))}).</>}</p>;
  }
}

function Outcome({ job }: { job: Job }) {
  const href = useHref();
  const result = resultOfImport(job.result);
  const source = sourceOf(job);
  // Rows that name their sources themselves cannot be told from what others sent in that time.
  const rows = (filters: Filters) => (source ? href(rowsOfJob(job, { source: [source], ...filters })) : undefined);
  if (!result) return job.status === "succeeded" ? <p className="quiet">The job did not say what became of its rows.</p> : null;
  return (
    <>
      <div className="figures import-figures">
        <Count label="Rows read" value={result.rows} href={rows({})} />
        <Count label="Leads" value={result.leads} of={result.rows} href={rows({ outcome: ["success"] })} />
        <Count label="Failed" value={result.failures} of={result.rows} href={rows({ outcome: ["failure"] })} bad />
      </div>
      {result.failures > 0 && <Failures job={job} result={result} />}
    </>
  );
}

function Count({ label, value, of, href, bad = false }: { label: string; value: number; of?: number; href: string | undefined; bad?: boolean }) {
  return <section className="figure" aria-label={label}><h2>{label}</h2><p className={`figure-value number ${bad && value > 0 ? "bad" : ""}`}>{href && value > 0 ? <a className="rows-link" href={href} aria-label={`${label}: ${exact(value)}`}>{exact(value)}</a> : exact(value)}</p><p className="figure-comparison">{of === undefined || of === 0 ? "\u00a0" : `${percent(value / of)} of the rows`}</p></section>;
}

function Failures({ job, result }: { job: Job; result: ImportResult }) {
  const { project } = useScope();
  const href = useHref();
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const codes = Object.entries(result.by_code).sort((one, other) => other[1] - one[1]);
  const most = codes[0]?.[1] ?? 1;
  const save = () => {
    setSaving(true);
    setFailure(null);
    fetchImportErrors(project.project_id, job.job_id).then(
      (blob) => { setSaving(false); saveFile(`${fileStem(job)}-failed-rows.csv`, "text/csv", blob); },
      (error: unknown) => { setSaving(false); setFailure(asFailure(error)); },
    );
  };
  const source = sourceOf(job);
  const rows = (code: string) => href(rowsOfJob(job, { outcome: ["failure"], code: [code], ...(source ? { source: [source] } : {}) }));
  return (
    <section className="panel" aria-label="What failed">
      <header className="panel-head"><h2>What failed</h2><span className="panel-note">each is an attempt in the log</span>
        <span className="panel-side"><button type="button" className="button button-small" disabled={saving} onClick={save}><Icon name="download" size={14} />{saving ? "Fetching" : "The failed rows as CSV"}</button></span></header>
      <Refusal failure={failure} of="the file" says="The file was not fetched" />
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Failures by code">
        <table className="table import-failures">
          <thead><tr><th scope="col">Reason</th><th scope="col" className="right">Rows</th><th scope="col" className="import-bar"><span className="unseen">Share</span></th><th scope="col"><span className="unseen">Attempts</span></th></tr></thead>
          <tbody>
            {codes.map(([code, count]) => (
              <tr key={code}>
                <td>{codeWords(code)} <code className="quieter">{code}</code></td><td className="right number">{source ? <a className="rows-link" href={rows(code)} title="Open these attempts">{exact(count)}</a> : exact(count)}</td><td className="import-bar"><Bar share={count / most} tone="bad" /></td>
                <td className="right"><a href={rows(code)}>the attempts</a></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="quieter import-again">Put the failed rows right in that file and import it: rows that became leads are not in it. Its last columns name line, code, place and reason of each.</p>
    </section>
  );
}

const fileStem = (job: Job): string => (typeof job.about?.["name"] === "string" ? job.about["name"].replace(/\.csv$/i, "").replace(/[^\w.-]+/g, "-") : job.job_id);

/** The one source of all its rows, where they do not name it themselves. */
const sourceOf = (job: Job): string | null => (typeof job.about?.["source"] === "string" ? job.about["source"] : null);

const rowsOfJob = (job: Job, filters: Filters): Partial<View> => ({ screen: "attempts", item: null, open: null, range: rangeOf(job), filters, words: "" });

/** The seconds in which the job ran: its attempts were received in them. */
function rangeOf(job: Job): RangeChoice {
  const from = Math.floor((job.started_at ?? job.created_at) / 1000) * 1000;
  const to = (Math.floor((job.finished_at ?? Date.now()) / 1000) + 1) * 1000;
  return { kind: "span", from, to };
}
