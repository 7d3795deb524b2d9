/** Jobs as people say them. */
import type { Job, JobKind, JobStatus } from "../api/jobs";
import { bytes, duration, exact, percent } from "./numbers";

const KINDS: Record<JobKind, string> = { import: "Import", export: "Export", report: "Report", verify: "Verification" };

export const kindWords = (kind: string): string => (KINDS as Record<string, string>)[kind] ?? kind;
export const STATUS_WORDS: Record<JobStatus, string> = { queued: "Waiting", running: "Running", succeeded: "Done", failed: "Failed", cancelled: "Cancelled" };

/** What the job is about: "leads-march.csv into partner_api", "attempts as Parquet", "the day 2026-11-21". */
export function jobTitle(job: Pick<Job, "kind" | "about" | "subject">): string {
  const say = (name: string) => (typeof job.about?.[name] === "string" ? (job.about[name] as string) : null);
  switch (job.kind) {
    case "import":
      return [say("name") ?? say("file") ?? job.subject ?? "a file", say("source") ? `into ${say("source")}` : ""].filter(Boolean).join(" ");
    case "export":
      return say("of") ? `${say("of")} as ${formatName(say("format") ?? "")}` : "a download";
    default:
      return say("date") ?? job.subject ? `the day ${say("date") ?? job.subject}` : "a day";
  }
}

export const formatName = (format: string): string => ({ csv: "CSV", jsonl: "JSON Lines", parquet: "Parquet" } as Record<string, string>)[format] ?? format;

/** "12,400 of 50,000 rows", "31 MB of 120 MB", "12,400 rows". */
export function progressWords(progress: Job["progress"]): string {
  const one = (value: number) => (progress.unit === "bytes" ? bytes(value) : exact(value));
  const unit = progress.unit === "bytes" ? "" : ` ${progress.total === 1 || (progress.total === null && progress.done === 1) ? progress.unit.replace(/s$/, "") : progress.unit}`;
  return progress.total === null ? `${one(progress.done)}${unit}` : `${one(progress.done)} of ${one(progress.total)}${unit}`;
}

/** The share that is done, or null when nobody knows how much there is. */
export function shareDone(progress: Job["progress"]): number | null {
  if (progress.total === null) return null;
  return progress.total === 0 ? 1 : Math.min(1, Math.max(0, progress.done / progress.total));
}

/** What is left at the pace so far; null while there is too little to tell from. */
export function timeLeft(job: Pick<Job, "progress" | "started_at">, now: number): string | null {
  const share = shareDone(job.progress);
  if (share === null || job.started_at === null || share < 0.02 || now - job.started_at < 2_000) return null;
  const left = ((now - job.started_at) / share) * (1 - share);
  return left < 1_000 ? "a moment left" : `about ${duration(roughly(left))} left`;
}

function roughly(ms: number): number {
  const step = ms < 60_000 ? 5_000 : ms < 3_600_000 ? 60_000 : 600_000;
  return Math.max(step === 5_000 ? 1_000 : step, Math.round(ms / step) * step);
}

/** One line for what the job does now, for the progress bar and the lists. */
export function jobLine(job: Job, now: number): string {
  switch (job.status) {
    case "queued":
      if (job.next_try_at !== null && job.next_try_at > now && job.tries > 0) return `Try ${job.tries} of ${job.tries_max} failed; next in ${duration(job.next_try_at - now)}`;
      return "Waiting for its turn";
    case "running": {
      const share = shareDone(job.progress);
      return [job.phase ? capital(job.phase) : null, progressWords(job.progress), share === null ? null : percent(share), timeLeft(job, now)].filter(Boolean).join(" \u00b7 ");
    }
    case "succeeded":
      return [progressWords({ ...job.progress, total: null }), job.started_at !== null && job.finished_at !== null ? `in ${duration(job.finished_at - job.started_at)}` : null].filter(Boolean).join(" ");
    case "failed":
      return job.error?.message ?? "It failed without saying why.";
    case "cancelled":
      return `Cancelled after ${progressWords({ ...job.progress, total: null })}`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
