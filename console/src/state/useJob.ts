import { useCallback, useEffect, useRef, useState } from "react";
import { ApiFailure } from "../api/failure";
import { reach } from "../api/reach";
import { Job, cancelJob, followJob, isFinished } from "../api/jobs";

export interface FollowedJob {
  job: Job | null;
  /** Why the job can no longer be followed; the job itself may go on. */
  failure: ApiFailure | null;
  cancelling: boolean;
  cancel: () => void;
  /** Follows again after a failure. */
  again: () => void;
}

/**
 * Follows a job from wherever it stands until it has finished; null follows nothing. Its id belongs in the address, so that
 * a reload goes on following. `onFinished` is called once for each job that this page sees finishing or finished.
 */
export function useJob(projectId: string, jobId: string | null, onFinished?: (job: Job) => void): FollowedJob {
  const [state, set] = useState<{ jobId: string | null; job: Job | null; failure: ApiFailure | null }>({ jobId, job: null, failure: null });
  const [cancelling, setCancelling] = useState(false);
  const [round, setRound] = useState(0);
  const finished = useRef(onFinished);
  finished.current = onFinished;

  useEffect(() => {
    setCancelling(false);
    if (!jobId) {
      set({ jobId: null, job: null, failure: null });
      return undefined;
    }
    const abort = new AbortController();
    set((before) => (before.jobId === jobId ? { ...before, failure: null } : { jobId, job: null, failure: null }));
    followJob(projectId, jobId, (job) => { if (!abort.signal.aborted) set({ jobId, job, failure: null }); }, abort.signal).then(
      (job) => { if (!abort.signal.aborted) finished.current?.(job); },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = error instanceof ApiFailure ? error : new ApiFailure("incompatible", "The job's state could not be read.");
        set((before) => ({ ...before, failure }));
      },
    );
    return () => abort.abort();
  }, [projectId, jobId, round]);

  // The job went on while the server was out of reach.
  const lost = state.failure?.away === true;
  useEffect(() => (lost ? reach.subscribe((away) => { if (!away) setRound((before) => before + 1); }) : undefined), [lost]);

  const cancel = useCallback(() => {
    if (!jobId) return;
    setCancelling(true);
    cancelJob(projectId, jobId).then(
      (job) => {
        setCancelling(!isFinished(job));
        set((before) => (before.jobId === jobId ? { jobId, job, failure: null } : before));
      },
      () => setCancelling(false),
    );
  }, [projectId, jobId]);

  const current = state.jobId === jobId ? state : { job: null, failure: null };
  return { job: current.job, failure: current.failure, cancelling, cancel, again: () => setRound((before) => before + 1) };
}
