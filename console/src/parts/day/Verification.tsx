import type { VerificationResult } from "../../api/days";
import { isObject } from "../../api/decode";
import { useHref } from "../../state/useView";
import { counted, exact, short } from "../../words/numbers";
import { Icon } from "../Icon";
import "./signals.css";

const NAMES: Record<string, string> = {
  rows: "Each row's hash follows from its content and the row before",
  leads: "Each lead is what its attempt created",
  seal: "The rows give what was sealed",
  snapshot: "The snapshot can be recomputed from the rows",
  events: "Events and books are those of the event store",
};

/** What a check of a whole day found, test by test; a failed one says where it went wrong first. */
export function Verification({ result }: { result: VerificationResult }) {
  return (
    <>
      <p className="checks-sum">
        {result.passed
          ? <span className="mark-good"><Icon name="check" size={14} />Complete and unchanged</span>
          : <span className="mark-bad"><Icon name="warning" size={14} />This day does not hold</span>}
        <span className="quieter">, {counted(result.rows, "row")} recomputed{result.rows_per_second !== null && <> at {short(Math.round(result.rows_per_second))} a second</>}</span>
      </p>
      <ul className="checks">{result.checks.map((check) => <Check key={check.name} check={check} />)}</ul>
    </>
  );
}

function Check({ check }: { check: VerificationResult["checks"][number] }) {
  const skipped = check.passed && /^not verified/.test(check.detail ?? "");
  return (
    <li>
      <span className={skipped ? "mark-plain" : check.passed ? "mark-good" : "mark-bad"}><Icon name={skipped ? "clock" : check.passed ? "check" : "cross"} size={14} /><span className="check-name">{NAMES[check.name] ?? sentence(check.name)}</span></span>
      {check.detail && <span className="quieter check-detail">{check.detail}</span>}
      {!check.passed && <FirstWrong value={check.first_wrong} />}
    </li>
  );
}

/** The first row that is not what was written, with a way to look at it. */
function FirstWrong({ value }: { value: unknown }) {
  const href = useHref();
  if (value === null || value === undefined) return null;
  if (!isObject(value)) return <span className="check-detail">First wrong: <code>{String(value)}</code></span>;
  const { attempt_id: id, sequence } = value;
  if (typeof id === "string" && id !== "") {
    return <span className="check-detail">First wrong: <a href={href({ screen: "attempts", item: id, open: null })}>attempt {typeof sequence === "number" ? exact(sequence) : id}</a></span>;
  }
  return typeof sequence === "number" && sequence > 0 ? <span className="check-detail">First wrong: number {exact(sequence)}, which is missing</span> : null;
}

function sentence(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
