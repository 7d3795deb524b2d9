import { Icon } from "./Icon";

/** Success or failure, as a sign and a word. */
export function OutcomeMark({ outcome }: { outcome: string }) {
  const good = outcome === "success";
  return <span className={good ? "mark-good" : "mark-bad"}><Icon name={good ? "check" : "cross"} size={14} />{good ? "Success" : "Failure"}</span>;
}

export function Flag({ good, yes, no }: { good: boolean | null; yes: string; no: string }) {
  if (good === null) return <span className="quieter">{"\u2013"}</span>;
  return <span className={good ? "mark-good" : "mark-bad"}><Icon name={good ? "check" : "warning"} size={14} />{good ? yes : no}</span>;
}
