import { Icon } from "../../parts/Icon";
import type { CsvHead } from "../../words/csv";
import { ColumnChoice, ColumnFindings, TARGETS, TARGET_WORDS } from "./mapping";

const SAMPLES = 3;

/** Which column goes where; what the first rows say against it stands beside it. */
export function Columns({ head, choices, findings, onChoices }: { head: CsvHead; choices: readonly ColumnChoice[]; findings: readonly ColumnFindings[]; onChoices: (choices: ColumnChoice[]) => void }) {
  const change = (index: number, part: Partial<ColumnChoice>) => onChoices(choices.map((choice, other) => (other === index ? { ...choice, ...part } : choice)));
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Columns and where they go">
      <table className="table import-columns">
        <thead><tr><th scope="col">Column</th><th scope="col">For example</th><th scope="col">Goes to</th><th scope="col">Found in the first rows</th></tr></thead>
        <tbody>
          {choices.map((choice, index) => {
            const found = findings[index] ?? { stops: [], warns: [] };
            return (
              <tr key={`${choice.column} ${index}`} className={choice.to === "skip" || choice.column === "" ? "import-skipped" : undefined}>
                <td className="import-column"><b>{choice.column || "no name"}</b></td>
                <td className="import-samples quiet">{samplesOf(head, index)}</td>
                <td className="import-target">
                  {choice.column === "" ? <span className="quieter">left out</span> : (
                    <span>
                      <select className="input" aria-label={`Where ${choice.column} goes`} value={choice.to} onChange={(event) => change(index, { to: event.target.value as ColumnChoice["to"] })}>
                        {TARGETS.map((target) => <option key={target} value={target}>{TARGET_WORDS[target]}</option>)}
                        <option value="field">{TARGET_WORDS.field}</option>
                        <option value="skip">{TARGET_WORDS.skip}</option>
                      </select>
                      {choice.to === "field" && <input className="input mono" aria-label={`Field of ${choice.column}`} value={choice.field} spellCheck={false} onChange={(event) => change(index, { field: event.target.value })} />}
                      {choice.to === "field" && numeric(head, index) && <span className="import-factor" title="Numbers of this column are multiplied by this"><span className="quieter" aria-hidden="true">{"\u00d7"}</span><input className="input number" inputMode="decimal" aria-label={`Multiply ${choice.column} by`} value={Number.isNaN(choice.factor) ? "" : String(choice.factor)} onChange={(event) => change(index, { factor: event.target.value.trim() === "" ? NaN : Number(event.target.value.replace(/,/g, "")) })} /></span>}
                    </span>
                  )}
                </td>
                <td className="import-found">
                  {found.stops.map((line) => <p key={line} className="mark-bad"><Icon name="cross" size={14} /><span>{line}</span></p>)}
                  {found.warns.map((line) => <p key={line} className="mark-warn"><Icon name="warning" size={14} /><span>{line}</span></p>)}
                  {found.stops.length + found.warns.length === 0 && choice.to !== "skip" && choice.column !== "" && <span className="quieter">fine</span>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Whether what is in the column reads as numbers, all of it. */
function numeric(head: CsvHead, index: number): boolean {
  const filled = head.rows.map((row) => (row[index] ?? "").trim()).filter(Boolean);
  return filled.length > 0 && filled.every((cell) => Number.isFinite(Number(cell)));
}

function samplesOf(head: CsvHead, index: number): string {
  const seen = [...new Set(head.rows.map((row) => (row[index] ?? "").trim()).filter(Boolean))];
  return seen.length === 0 ? "empty" : seen.slice(0, SAMPLES).join(" \u00b7 ");
}
