import type { Job } from "../api/jobs";
import { STATUS_WORDS } from "../words/jobs";
import { Icon, IconName } from "./Icon";
import "./job.css";

const MARKS: Record<Job["status"], { icon: IconName; mark: string }> = {
  queued: { icon: "clock", mark: "mark-plain" },
  running: { icon: "system", mark: "mark-run" },
  succeeded: { icon: "check", mark: "mark-good" },
  failed: { icon: "cross", mark: "mark-bad" },
  cancelled: { icon: "close", mark: "mark-plain" },
};

/** A job's status in one word, with its sign. */
export function JobMark({ status }: { status: Job["status"] }) {
  const { icon, mark } = MARKS[status];
  return <span className={mark}><Icon name={icon} size={14} />{STATUS_WORDS[status]}</span>;
}
