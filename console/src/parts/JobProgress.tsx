import { ReactNode } from "react";
import type { Job } from "../api/jobs";
import { useNow } from "../state/now";
import { FollowedJob } from "../state/useJob";
import { bytes, duration, exact } from "../words/numbers";
import { CopyId } from "./Copy";
import { Icon } from "./Icon";
import "./job.css";

interface JobProgressProps {
  followed: Pick<FollowedJob, "job" | "failure" | "cancelling" | "cancel" | "again">;
  /** What is being done, for people: "Checking the day". */
  doing: string;
  /** What a success came to. */
  succeeded?: (job: Job) => ReactNode;
  /** Puts the finished job away. */
  onDismiss?: () => void;
}

/** A job as it goes on: what it does, how far it is, and a way to stop it. Then what became of it. */
export function JobProgress({ followed, doing, succeeded, onDismiss }: JobProgressProps) {
  const { job, failure } = followed;
  if (failure) {
    return (
      <div className="job" role="alert">
        <p className="job-line"><span className="mark-warn"><Icon name="warning" size={14} />{failure.kind === "not_found" ? "This job is no longer known." : `${doing} goes on, but it can no longer be followed: ${failure.message}`}</span></p>
        <p className="job-side">
          {failure.kind !== "not_found" && <button type="button" className="button button-small" onClick={followed.again}><Icon name="retry" size={14} /> Follow again</button>}
          {onDismiss && <button type="button" className="button button-plain button-small" onClick={onDismiss}>Put away</button>}
        </p>
      </div>
    );
  }
  if (!job || job.status === "queued" || job.status === "running") return <Running {...followed} doing={doing} />;
  return <Finished job={job} doing={doing} succeeded={succeeded} onDismiss={onDismiss} />;
}

function Running({ job, doing, cancelling, cancel }: Pick<FollowedJob, "job" | "cancelling" | "cancel"> & { doing: string }) {
  const now = useNow(1000);
  const since = job?.started_at ?? job?.created_at ?? null;
  const total = job?.progress.total ?? null;
  const share = job && total !== null && total > 0 ? Math.min(1, job.progress.done / total) : null;
  const waiting = job?.next_try_at !== null && job?.next_try_at !== undefined && job.next_try_at > now;
  return (
    <div className="job" role="group" aria-label={doing}>
      <ProgressBar share={share} label={doing} />
      <p className="job-line">
        <span><b>{doing}</b>{job?.phase && <>, {job.phase}</>}</span>
        <span className="quieter number">{amount(job)}</span>
        <span className="quieter number" aria-live="off">{since === null ? "" : duration(Math.max(0, now - since))}</span>
        {job && job.tries > 1 && <span className="warn">try {job.tries} of {job.tries_max}{waiting && <>, the next in {duration((job.next_try_at ?? now) - now)}</>}</span>}
        <span className="unseen" role="status">{job ? `${doing}, ${job.phase ?? job.status}` : doing}</span>
      </p>
      <p className="job-side">
        <button type="button" className="button button-small" disabled={cancelling || !job} onClick={cancel}>{cancelling ? "Stopping" : "Cancel"}</button>
      </p>
    </div>
  );
}

function Finished({ job, doing, succeeded, onDismiss }: { job: Job; doing: string; succeeded?: (job: Job) => ReactNode; onDismiss?: () => void }) {
  const took = job.finished_at !== null && job.started_at !== null ? duration(job.finished_at - job.started_at) : null;
  return (
    <div className={`job job-${job.status}`} role={job.status === "failed" ? "alert" : "status"}>
      <div className="job-line">
        {job.status === "succeeded" && (succeeded ? succeeded(job) : <span className="mark-good"><Icon name="check" size={14} />{doing}: done{took && <> in {took}</>}.</span>)}
        {job.status === "cancelled" && <span className="mark-plain"><Icon name="cross" size={14} />{doing} was cancelled{took && <> after {took}</>}. Nothing was changed.</span>}
        {job.status === "failed" && (
          <span className="mark-bad"><Icon name="warning" size={14} /><span>{doing} failed: {job.error?.message ?? "the reason was not recorded"}{job.error && <> <code>{job.error.code}</code></>} <span className="quieter">Job</span> <CopyId id={job.job_id} /></span></span>
        )}
      </div>
      {onDismiss && <p className="job-side"><button type="button" className="button button-plain button-small" onClick={onDismiss}>Put away</button></p>}
    </div>
  );
}

/** How far it is; without a known end, a part that wanders. */
export function ProgressBar({ share, label }: { share: number | null; label: string }) {
  return (
    <svg className="job-bar" width="100%" height="4" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={share === null ? undefined : Math.round(share * 100)}>
      <rect className="job-track" width="100%" height="4" rx="2" />
      {share === null ? <rect className="job-run" width="30%" height="4" rx="2" /> : <rect className="job-fill" width={`${Math.round(share * 1000) / 10}%`} height="4" rx="2" />}
    </svg>
  );
}

function amount(job: Job | null): string {
  if (!job) return "";
  const { done, total, unit } = job.progress;
  if (done === 0 && total === null) return "";
  const say = (value: number) => (unit === "bytes" ? bytes(value) : exact(value));
  if (total === null) return unit === "bytes" ? say(done) : `${say(done)} ${unit}`;
  return unit === "bytes" ? `${say(done)} of ${say(total)}` : `${say(done)} of ${say(total)} ${unit}`;
}
