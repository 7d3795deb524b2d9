/** Jobs: work that goes on after the answer. Followed as a stream of events, or by asking again when there is no stream. */
import { Decoder, anything, instant, list, member, nullable, number, object, oneOf, optional, record, text } from "./decode";
import { ApiFailure } from "./failure";
import { QueryValues, send, sendForStream } from "./client";
import { enveloped } from "./envelope";
import { EventStreamReader } from "./eventStream";

export const JOB_KINDS = ["import", "export", "report", "verify"] as const;
export type JobKind = typeof JOB_KINDS[number];
export const JOB_STATUSES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobStatus = typeof JOB_STATUSES[number];

const job = object({
  job_id: text,
  kind: text,
  status: oneOf(...JOB_STATUSES),
  progress: object({ done: number, total: nullable(number), unit: optional(text, "steps") }),
  phase: nullable(text),
  created_at: instant,
  started_at: nullable(instant),
  finished_at: nullable(instant),
  tries: optional(number, 0),
  tries_max: optional(number, 1),
  next_try_at: nullable(instant),
  attempts: optional(
    list(object({ try: number, started_at: instant, ended_at: nullable(instant), outcome: nullable(text), detail: nullable(text) })),
    [],
  ),
  result: nullable(record(anything)),
  error: nullable(object({ code: text, message: text })),
  /** What it is about when nothing more is said: a date, a file. */
  subject: nullable(text),
  /** What was asked for, in a few words for lists: a file's name, a date, a format. */
  about: nullable(record(anything)),
});
export const jobDecoder: Decoder<Job> = job;
export type Job = ReturnType<typeof job>;

export const isFinished = (one: Job): boolean => one.status !== "queued" && one.status !== "running";

const jobPage = enveloped(object({
  jobs: list(job),
  page: optional(object({ next_cursor: nullable(text) }), { next_cursor: null }),
}));
export type JobPage = ReturnType<typeof jobPage>;

/** What a request that starts a job answers: 202 and the job's id. */
export const startedJob = member("job_id", text);

const jobPath = (jobId: string) => `/v1/jobs/${encodeURIComponent(jobId)}`;

export const listJobs = (query: QueryValues, signal: AbortSignal) => send({ path: "/v1/jobs", query, signal }, jobPage);

export const getJob = (projectId: string, jobId: string, signal?: AbortSignal) =>
  send({ path: jobPath(jobId), query: { project_id: projectId }, signal }, member("job", job));

export const cancelJob = (projectId: string, jobId: string) =>
  send({ method: "POST", path: `${jobPath(jobId)}/cancel`, query: { project_id: projectId } }, member("job", job));

/** Pauses between two questions where there is no stream; the last one is repeated. */
const POLL_MS = [500, 1_000, 1_000, 2_000];
/** So many failed questions in a row end the following; the job itself goes on. */
const POLL_FAILURES_MAX = 8;

/**
 * Calls `onJob` with each state of a job until it has finished, and resolves with the last. The stream of events comes first;
 * where it is refused or breaks off, the job is asked for again and again. Rejects when the signal ends it, when the job is
 * not known or not permitted, or when the server stays away.
 */
export async function followJob(projectId: string, jobId: string, onJob: (job: Job) => void, signal: AbortSignal): Promise<Job> {
  const streamed = await followStream(projectId, jobId, onJob, signal).catch((error: unknown) => {
    if (signal.aborted || (error instanceof ApiFailure && ["not_found", "forbidden", "unauthenticated"].includes(error.kind))) throw error;
    return null;
  });
  if (streamed && isFinished(streamed)) return streamed;
  for (let asked = 0, failures = 0; ; asked += 1) {
    try {
      const found = await getJob(projectId, jobId, signal);
      failures = 0;
      onJob(found);
      if (isFinished(found)) return found;
    } catch (error) {
      failures += 1;
      if (signal.aborted || !(error instanceof ApiFailure) || !error.passing || failures > POLL_FAILURES_MAX) throw error;
    }
    await pause(POLL_MS[Math.min(asked, POLL_MS.length - 1)] ?? 2_000, signal);
  }
}

/** The last state that the stream told, or null when it told none. */
async function followStream(projectId: string, jobId: string, onJob: (job: Job) => void, signal: AbortSignal): Promise<Job | null> {
  const body = await sendForStream({ path: `${jobPath(jobId)}/events`, query: { project_id: projectId }, signal, accept: "text/event-stream" });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events = new EventStreamReader();
  let last: Job | null = null;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return last;
      for (const event of events.take(decoder.decode(value, { stream: true }))) {
        if (event.event !== "job") continue;
        last = job(JSON.parse(event.data), "");
        onJob(last);
      }
      if (last && isFinished(last)) return last;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    return last;
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, refuse) => {
    if (signal.aborted) return refuse(signal.reason);
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); refuse(signal.reason); }, { once: true });
  });
}
