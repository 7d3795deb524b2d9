import { useState } from "react";
import { JOB_KINDS, JOB_STATUSES, Job, JobKind, JobStatus } from "../../api/jobs";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { JobMark } from "../../parts/JobMark";
import { ProgressBar } from "../../parts/JobProgress";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { SystemNav } from "../../parts/SubNav";
import { useKeys } from "../../state/keyboard";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { JOBS_PAGE, jobsOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { placeOf } from "../../state/view";
import { go, useHref } from "../../state/useView";
import { STATUS_WORDS, jobLine, jobTitle, kindWords, progressWords, shareDone } from "../../words/jobs";
import { counted, duration } from "../../words/numbers";
import { JobDrawer } from "./JobDrawer";
import "./jobs.css";

const ALL = "all";
const LIMIT_MAX = 400;

/** What does the server work on besides answering? */
export function Jobs() {
  const scope = useScope();
  const [, kindPart, statusPart] = placeOf(scope.view);
  const kind = JOB_KINDS.find((one) => one === kindPart) ?? null;
  const status = JOB_STATUSES.find((one) => one === statusPart) ?? null;
  const [limit, setLimit] = useState(JOBS_PAGE);
  const jobs = useAnswer(jobsOf(scope, kind, status, limit), scope.view.live);
  const { open } = scope.view;
  const [selected, select] = useState<string | null>(open);
  const list = jobs.data?.jobs ?? [];
  const move = (by: number) => {
    const here = list.findIndex((row) => row.job_id === selected);
    const next = list[here < 0 ? 0 : Math.min(list.length - 1, Math.max(0, here + by))];
    if (!next) return;
    select(next.job_id);
    if (open) go({ open: next.job_id }, { replace: true });
  };
  useKeys([
    { keys: "j", says: "Next row", group: "On this screen", run: () => move(1) },
    { keys: "k", says: "Previous row", group: "On this screen", run: () => move(-1) },
    { keys: "Enter", says: "Open the job", group: "On this screen", run: () => selected && go({ open: selected }) },
  ]);
  const narrow = (wantedKind: JobKind | null, wantedStatus: JobStatus | null) => {
    setLimit(JOBS_PAGE);
    go({ item: ["jobs", ...(wantedKind || wantedStatus ? [wantedKind ?? ALL] : []), ...(wantedStatus ? [wantedStatus] : [])].join("/"), open: null });
  };
  const narrowed = kind !== null || status !== null;
  return (
    <>
      <SystemNav />
      <h1>Jobs</h1>
      <Sentence jobs={list} known={jobs.data !== undefined} narrowed={narrowed} />
      <div className="stack screen-stack">
        <Panel title="Jobs" note="kept across restarts, tried again when they fail" resource={jobs} skeleton={<TableBones rows={8} />} isEmpty={(data) => data.jobs.length === 0}
          actions={<Narrow kind={kind} status={status} onChoose={narrow} />}
          empty={narrowed ? <Empty title="No such job"><p>None of this kind and status is known.</p><button type="button" className="button" onClick={() => narrow(null, null)}>All jobs</button></Empty>
            : <Empty title="No job yet"><p>Imports, exports, reports that are written in the background and checks of closed days are jobs. They appear here with their progress, their tries and what went wrong.</p></Empty>}>
          {(data) => (
            <>
              <JobTable jobs={data.jobs} selected={selected} />
              {data.page.next_cursor !== null && (limit < LIMIT_MAX ? <p className="jobs-more"><button type="button" className="button button-small" onClick={() => setLimit(limit + JOBS_PAGE)}>Older jobs</button></p> : <p className="jobs-more quieter">The newest {LIMIT_MAX}; narrow them down to see older ones.</p>)}
            </>
          )}
        </Panel>
      </div>
      {open && <JobDrawer jobId={open} onMove={move} />}
    </>
  );
}

function Sentence({ jobs, known, narrowed }: { jobs: readonly Job[]; known: boolean; narrowed: boolean }) {
  const href = useHref();
  if (!known) return <p className="sentence quiet">{"\u00a0"}</p>;
  if (narrowed) return <p className="sentence">{counted(jobs.length, "job")} of this kind and status.</p>;
  const count = (status: JobStatus) => jobs.filter((job) => job.status === status).length;
  const [running, queued, failed] = [count("running"), count("queued"), count("failed")];
  return (
    <p className="sentence">
      {running + queued === 0 ? "Nothing is being worked on." : <>{running === 0 ? "No job is running" : `${counted(running, "job")} ${running === 1 ? "is" : "are"} running`}{queued > 0 && <>, <a href={href({ item: "jobs/all/queued", open: null })}>{queued} waiting</a></>}.</>}{" "}
      {failed > 0 && <>Of the newest {jobs.length}, <a className="bad" href={href({ item: "jobs/all/failed", open: null })}>{failed} failed</a>.</>}
    </p>
  );
}

function Narrow({ kind, status, onChoose }: { kind: JobKind | null; status: JobStatus | null; onChoose: (kind: JobKind | null, status: JobStatus | null) => void }) {
  return (
    <span className="jobs-narrow">
      <select className="input" aria-label="Kind" value={kind ?? ""} onChange={(event) => onChoose((event.target.value || null) as JobKind | null, status)}><option value="">every kind</option>{JOB_KINDS.map((one) => <option key={one} value={one}>{kindWords(one).toLowerCase()}</option>)}</select>
      <select className="input" aria-label="Status" value={status ?? ""} onChange={(event) => onChoose(kind, (event.target.value || null) as JobStatus | null)}><option value="">every status</option>{JOB_STATUSES.map((one) => <option key={one} value={one}>{STATUS_WORDS[one].toLowerCase()}</option>)}</select>
    </span>
  );
}

function JobTable({ jobs, selected }: { jobs: readonly Job[]; selected: string | null }) {
  const href = useHref();
  const now = useNow(1000);
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Jobs of this project">
      <table className="table rows jobs-table">
        <thead><tr><th scope="col">Kind</th><th scope="col">About</th><th scope="col">Status</th><th scope="col">Progress</th><th scope="col" className="right">Tries</th><th scope="col">Created</th><th scope="col" className="right">Took</th></tr></thead>
        <tbody>
          {jobs.map((job) => {
            const going = job.status === "running" || job.status === "queued";
            const took = job.started_at === null ? null : (job.finished_at ?? now) - job.started_at;
            return (
              <tr key={job.job_id} aria-current={job.job_id === selected ? "true" : undefined} onClick={() => go({ open: job.job_id })}>
                <td><a className="row-link" href={href({ open: job.job_id })} onClick={(event) => event.stopPropagation()}><b>{kindWords(job.kind)}</b></a></td>
                <td className="quiet jobs-about">{jobTitle(job)}</td>
                <td><JobMark status={job.status} /></td>
                <td className="jobs-progress">{going && <ProgressBar share={job.status === "queued" ? 0 : shareDone(job.progress)} label={`Progress of ${kindWords(job.kind)}`} />}<span className={job.status === "failed" ? "bad" : "quieter number"} title={job.error?.message}>{job.status === "failed" && job.error ? <><code>{job.error.code}</code> {job.error.message}</> : going ? jobLine(job, now) : progressWords({ ...job.progress, total: job.status === "cancelled" ? job.progress.total : null })}</span></td>
                <td className={`right number ${job.tries > 1 ? "warn" : "quiet"}`}>{job.tries}<span className="quieter"> of {job.tries_max}</span></td>
                <td className="quiet"><Moment at={job.created_at} /></td>
                <td className="right number quiet">{took === null ? "\u2013" : duration(Math.max(0, took))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
