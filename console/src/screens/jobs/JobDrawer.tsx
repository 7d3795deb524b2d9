import { useState } from "react";
import type { Job } from "../../api/jobs";
import { CopyId } from "../../parts/Copy";
import { Drawer } from "../../parts/Drawer";
import { Confirm } from "../../parts/Form";
import { DrawerTitle } from "../../parts/DrawerTitle";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { JobMark } from "../../parts/JobMark";
import { JobProgress } from "../../parts/JobProgress";
import { Moment } from "../../parts/Moment";
import { Failed, Waiting } from "../../parts/Panel";
import { cache } from "../../state/cache";
import { useScope } from "../../state/project";
import { useJob } from "../../state/useJob";
import { go, useHref } from "../../state/useView";
import { View } from "../../state/view";
import { jobTitle, kindWords, progressWords } from "../../words/jobs";
import { duration } from "../../words/numbers";

/** One job with each of its tries. */
export function JobDrawer({ jobId, onMove }: { jobId: string; onMove: (by: number) => void }) {
  const { project } = useScope();
  const [asking, ask] = useState(false);
  const followed = useJob(project.project_id, jobId, () => cache.outdate("jobs?"));
  const { job, failure } = followed;
  const going = job?.status === "queued" || job?.status === "running";
  return (
    <Drawer label="Job" onClose={() => go({ open: null })} title={<DrawerTitle thing="job" onMove={onMove}>{job ? kindWords(job.kind) : "Job"} {job && <span className="quiet">{jobTitle(job)}</span>}</DrawerTitle>}>
      {job ? (
        <>
          {(going || job.status === "failed") && <section><JobProgress followed={{ ...followed, cancel: () => ask(true) }} doing={`${kindWords(job.kind)} of ${jobTitle(job)}`} /></section>}
          <Facts job={job} />
          <Tries job={job} />
          {job.result && <section><h3>Result</h3><Result result={job.result} /></section>}
        </>
      ) : failure ? <Failed failure={failure} resource={{ again: followed.again, retryAt: null, asking: false, failedTries: 1 }} /> : <Waiting><TableBones rows={8} /></Waiting>}
      {asking && job && (
        <Confirm label="Cancel the job" title={`Cancel this ${kindWords(job.kind).toLowerCase()}?`} of="the job" confirm="Cancel it" confirming="Cancelling" keep="Let it go on" danger run={async () => followed.cancel()} onDone={() => ask(false)} onClose={() => ask(false)}>
          <p>{CANCELLED[job.kind] ?? "It stops at its next step."}</p>
        </Confirm>
      )}
    </Drawer>
  );
}

const CANCELLED: Record<string, string> = {
  import: "Rows that were read already stay: each is an attempt in the log. The rest of the file is not imported.",
  export: "No file is kept. The rows stay in the log.",
  report: "The report is not written; the one before it stays.",
  verify: "The check ends without a verdict. The day's rows are only read, so nothing is left half-done.",
};

/** Where the thing that the job was for is shown. */
function placeOfResult(job: Job): { says: string; view: Partial<View> } | null {
  const date = typeof job.about?.["date"] === "string" ? job.about["date"] : job.subject;
  switch (job.kind) {
    case "import": return { says: "What became of its rows", view: { screen: "settings", item: `import/${job.job_id}`, open: null } };
    case "export": return { says: "Its files", view: { screen: "settings", item: "exports", open: job.job_id } };
    default: return date === null ? null : { says: "The day", view: { screen: "days", item: date, open: null } };
  }
}

function Facts({ job }: { job: Job }) {
  const href = useHref();
  const place = placeOfResult(job);
  return (
    <section>
      <dl className="facts">
        <dt>Status</dt><dd><JobMark status={job.status} />{job.phase && <span className="quieter"> {job.phase}</span>}</dd>
        <dt>Progress</dt><dd className="number">{progressWords(job.progress)}</dd>
        <dt>Created</dt><dd><Moment at={job.created_at} seconds /></dd>
        <dt>Started</dt><dd>{job.started_at === null ? <span className="quieter">not yet</span> : <Moment at={job.started_at} seconds />}</dd>
        {job.finished_at !== null && <><dt>Finished</dt><dd><Moment at={job.finished_at} seconds />{job.started_at !== null && <span className="quieter"> after {duration(job.finished_at - job.started_at)}</span>}</dd></>}
        <dt>Tries</dt><dd className="number">{job.tries} of {job.tries_max}{job.next_try_at !== null && job.status === "queued" && job.tries > 0 && <span className="warn">, the next <Moment at={job.next_try_at} seconds /></span>}</dd>
        {job.error && <><dt>Error</dt><dd><code>{job.error.code}</code> {job.error.message}</dd></>}
        <dt>Job id</dt><dd><CopyId id={job.job_id} head={14} tail={6} /></dd>
        {place && <><dt>Leads to</dt><dd><a href={href(place.view)}>{place.says}</a></dd></>}
      </dl>
    </section>
  );
}

function Tries({ job }: { job: Job }) {
  if (job.attempts.length === 0) return null;
  return (
    <section>
      <h3>Tries</h3>
      <ol className="tries">
        {job.attempts.map((attempt) => {
          const good = attempt.outcome === "succeeded";
          return (
            <li key={attempt.try}>
              <span className="number quiet">{attempt.try}</span>
              <span>
                <Moment at={attempt.started_at} seconds />{" "}
                {attempt.outcome === null ? <span className="mark-run"><Icon name="system" size={14} />running</span> : <span className={good ? "mark-good" : "mark-bad"}><Icon name={good ? "check" : "cross"} size={14} />{attempt.outcome.replace(/_/g, " ")}</span>}
                {attempt.ended_at !== null && <span className="quieter"> after {duration(attempt.ended_at - attempt.started_at)}</span>}
                {attempt.detail && <span className="quiet tries-detail">{attempt.detail}</span>}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The members of a result one below the other; what is nested stays JSON. */
function Result({ result }: { result: Record<string, unknown> }) {
  return (
    <dl className="facts">
      {Object.entries(result).map(([name, value]) => (
        <div className="fact-row" key={name}>
          <dt>{name.replace(/_/g, " ")}</dt>
          <dd className="number">{typeof value === "object" && value !== null ? <pre className="job-json">{JSON.stringify(value, null, 2)}</pre> : typeof value === "number" ? value.toLocaleString("en-US") : String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
