import type { VerificationResult } from "../../api/days";
import { isObject } from "../../api/decode";
import { counted, short } from "../../words/numbers";
import { Icon } from "../Icon";
import "./signals.css";

const NAMES: Record<string, string> = {
  chain: "Each row's hash follows from its content and the row before", hash_chain: "Each row's hash follows from its content and the row before", merkle_root: "The rows give the sealed root",
  snapshot: "The snapshot can be recomputed from the rows", seal_chain: "The seal follows from the seal before", signature: "The seal's signature holds", sequence: "No sequence number is missing",
  row_count: "The sealed number of rows is there", leads: "Each lead belongs to its attempt", leads_root: "The leads give the sealed root",
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
      <ul className="checks">
        {result.checks.map((check) => (
          <li key={check.name}>
            <span className={check.passed ? "mark-good" : "mark-bad"}><Icon name={check.passed ? "check" : "cross"} size={14} /><span className="check-name">{NAMES[check.name] ?? sentence(check.name)}</span></span>
            {(check.detail || (!check.passed && check.first_wrong !== null && check.first_wrong !== undefined)) && (
              <span className="quieter check-detail">{check.detail}{!check.passed && check.first_wrong !== null && check.first_wrong !== undefined && <> First wrong: <code>{wrongWords(check.first_wrong)}</code></>}</span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function sentence(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function wrongWords(value: unknown): string {
  if (isObject(value)) return Object.entries(value).map(([name, part]) => `${name.replace(/_/g, " ")} ${typeof part === "string" ? part : JSON.stringify(part)}`).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
