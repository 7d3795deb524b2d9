import type { ReportComparison } from "../../api/reports";
import { percent } from "../../words/numbers";
import "./report.css";

const SIGNS = { same: " ", added: "+", removed: "\u2212" } as const;
const WORDS = { same: "", added: "added: ", removed: "removed: " } as const;

/** What changed from one version to another, section by section; what stayed is quiet. */
export function ReportDiff({ comparison, from, to }: { comparison: ReportComparison; from: number; to: number }) {
  const changed = comparison.sections.filter((section) => section.diff.some((line) => line.kind !== "same")).length;
  const { grounding } = comparison;
  return (
    <article className="report">
      <p className="grounded">
        <span>{changed === 0 ? `Versions ${from} and ${to} say the same.` : `${changed} of ${comparison.sections.length} sections differ between version ${from} and version ${to}.`}</span>
        {grounding && <span className="quiet">Grounded: {groundedWords(grounding.from)} before, {groundedWords(grounding.to)} after.</span>}
      </p>
      {comparison.sections.map((section) => (
        <section key={section.name}>
          <h3>{sectionTitle(section.name)}{section.diff.every((line) => line.kind === "same") && <span className="quieter diff-same">, unchanged</span>}</h3>
          {section.diff.length === 0 ? <p className="quieter">Nothing in either version.</p> : (
            <ol className="diff">
              {section.diff.map((line, index) => (
                <li key={index} className={`diff-${line.kind}`}><span className="diff-sign" aria-hidden="true">{SIGNS[line.kind]}</span><span><span className="unseen">{WORDS[line.kind]}</span>{line.text}</span></li>
              ))}
            </ol>
          )}
        </section>
      ))}
    </article>
  );
}

function groundedWords(one: { checked: number; supported: number; share: number | null } | null): string {
  if (!one) return "not known";
  return one.checked === 0 ? "no figures" : `${percent(one.share ?? one.supported / one.checked)} of ${one.checked}`;
}

function sectionTitle(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
