import type { FieldVerdict } from "../../api/attempts";
import { Said } from "../Name";
import { Icon } from "../Icon";
import "./attempt.css";

/** Every field with its rule and what came of it; those that failed stand first. */
export function Validation({ fields, schema }: { fields: readonly FieldVerdict[]; schema?: string | null }) {
  const sorted = [...fields].sort((one, other) => Number(one.result === "passed") - Number(other.result === "passed"));
  const failed = sorted.filter((field) => field.result === "failed").length;
  return (
    <>
      <p className="quiet validation-sum">
        {failed === 0 ? `All ${fields.length} fields passed` : `${failed} of ${fields.length} ${fields.length === 1 ? "field" : "fields"} failed`}{schema && <>, by <b>{schema}</b></>}.
      </p>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Fields, rules and results">
        <table className="table field-table">
          <thead><tr><th scope="col">Field</th><th scope="col" title="Letters are written as a, digits as 9, or dots: the value itself is not kept">Shape sent</th><th scope="col">Rule</th><th scope="col">Result</th></tr></thead>
          <tbody>
            {sorted.map((field, index) => (
              <tr key={`${field.pointer} ${index}`}>
                <td><code><Said>{field.pointer || "/"}</Said></code></td>
                <td className="field-shape"><Shape shape={field.value_shape} /></td>
                <td className="quiet">{field.rule ?? "\u2013"}</td>
                <td className="field-result">
                  {field.result === "passed"
                    ? <span className="mark-good"><Icon name="check" size={14} />passed</span>
                    : <><span className="mark-bad"><Icon name="cross" size={14} /><code>{field.code ?? "failed"}</code></span>{field.message && <span className="field-message">{field.message}</span>}</>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Shape({ shape }: { shape: FieldVerdict["value_shape"] }) {
  if (!shape || (shape.words === null && shape.masked === null)) return <span className="quieter">nothing</span>;
  return <>{shape.masked !== null && <code>{shape.masked}</code>}{shape.words !== null && <span className={shape.masked === null ? "quiet" : "quieter field-kind"}>{shape.words}</span>}</>;
}
