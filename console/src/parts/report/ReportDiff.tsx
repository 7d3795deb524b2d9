import type { ReportComparison } from "../../api/reports";
import { percent } from "../../words/numbers";
import "./report.css";

/** What changed from one version to another, section by section, in the text itself; what stayed is quiet. */
export function ReportDiff({ comparison, from, to }: { comparison: ReportComparison; from: number; to: number }) {
  const changed = comparison.sections.filter((section) => section.diff.some((piece) => piece.kind !== "same")).length;
  const { grounding } = comparison;
  return (
    <article className="report">
      <p className="grounded">
        <span>{changed === 0 ? `Versions ${from} and ${to} say the same.` : `${changed} of ${comparison.sections.length} sections differ between version ${from} and version ${to}.`}</span>
        {grounding && <span className="quiet">Grounded: {groundedWords(grounding.from)} before, {groundedWords(grounding.to)} after.</span>}
        {changed > 0 && <span className="diff-key"><del>removed</del> <ins>added</ins></span>}
      </p>
      {comparison.sections.map((section) => (
        <section key={section.name}>
          <h3>{sectionTitle(section.name)}{section.diff.every((piece) => piece.kind === "same") && <span className="quieter diff-same">, unchanged</span>}</h3>
          {section.diff.every((piece) => piece.text.trim() === "") ? <p className="quieter">Nothing in either version.</p> : (
            <p className="diff">{section.diff.map((piece, index) => <Piece key={index} kind={piece.kind} text={piece.text} />)}</p>
          )}
        </section>
      ))}
    </article>
  );
}

/** Screen readers do not tell `ins` and `del`; words do. White space at the end stands outside of the colour. */
function Piece({ kind, text }: { kind: "same" | "added" | "removed"; text: string }) {
  if (kind === "same") return <span>{text}</span>;
  const body = text.replace(/\s+$/, "");
  const words = <><span className="unseen">{`[${kind}: `}</span>{body}<span className="unseen">] </span></>;
  return <>{kind === "added" ? <ins>{words}</ins> : <del>{words}</del>}{text.slice(body.length)}</>;
}

function groundedWords(one: { checked: number; supported: number; share: number | null } | null): string {
  if (!one) return "not known";
  return one.checked === 0 ? "no figures" : `${percent(one.share ?? one.supported / one.checked)} of ${one.checked}`;
}

function sectionTitle(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
