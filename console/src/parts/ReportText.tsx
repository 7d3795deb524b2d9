import type { Report } from "../api/days";
import { duration } from "../words/numbers";
import { CopyId } from "./Copy";
import { Icon } from "./Icon";
import { Moment } from "./Moment";
import { Snippet } from "./Empty";
import "./report.css";

/** The five sections of a day's report, always in this order. Figures that the snapshot does not support are marked. */
export function ReportText({ report }: { report: Report }) {
  const { sections } = report;
  const doubted = (section: string) => (report.grounding?.unsupported ?? []).filter((entry) => entry.section.includes(section)).map((entry) => entry.figure);
  return (
    <article className="report">
      {report.fallback && <FallbackNotice fallback={report.fallback} />}
      {report.grounding && <Grounded grounding={report.grounding} />}
      <Section title="Executive summary" texts={sections.executive_summary} doubted={doubted("executive_summary")} lead />
      <Section title="User behaviour" texts={sections.user_behaviour} doubted={doubted("user_behaviour")} />
      <Section title="System behaviour" texts={sections.system_behaviour} doubted={doubted("system_behaviour")} />
      <section>
        <h3>Misconfiguration signals</h3>
        {sections.misconfiguration_signals.length === 0 ? <p className="quiet">None found.</p> : (
          <ul className="signals">
            {sections.misconfiguration_signals.map((signal) => (
              <li key={signal.title}>
                <p><strong>{signal.title}</strong> {signal.confidence !== null && <span className="confidence">{confidenceWords(signal.confidence)}</span>}</p>
                {signal.evidence.map((text, index) => <p key={index} className="quiet"><Marked text={text} doubted={doubted("misconfiguration_signals")} /></p>)}
              </li>
            ))}
          </ul>
        )}
      </section>
      <Section title="Confidence and scope" texts={sections.confidence_and_scope} doubted={doubted("confidence_and_scope")} />
      <ReportFacts report={report} />
    </article>
  );
}

function Section({ title, texts, doubted, lead = false }: { title: string; texts: readonly string[]; doubted: readonly string[]; lead?: boolean }) {
  return (
    <section>
      <h3>{title}</h3>
      {texts.length === 0 ? <p className="quieter">The report says nothing here.</p>
        : texts.length === 1 || lead ? texts.map((text, index) => <p key={index}><Marked text={text} doubted={doubted} /></p>)
          : <ul className="report-points">{texts.map((text, index) => <li key={index}><Marked text={text} doubted={doubted} /></li>)}</ul>}
    </section>
  );
}

function Grounded({ grounding }: { grounding: NonNullable<Report["grounding"]> }) {
  const { checked, supported, unsupported } = grounding;
  if (checked === 0) return null;
  return unsupported.length === 0
    ? <p className="grounded"><span className="mark-good"><Icon name="check" size={14} />All {checked} figures are in the snapshot.</span></p>
    : <p className="grounded"><span className="mark-warn"><Icon name="warning" size={14} />{supported} of {checked} figures are in the snapshot; the others are marked.</span></p>;
}

/** The text with its unsupported figures marked. */
function Marked({ text, doubted }: { text: string; doubted: readonly string[] }) {
  if (doubted.length === 0) return <>{text}</>;
  const pattern = new RegExp(`(${doubted.map((figure) => figure.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`);
  return <>{text.split(pattern).map((part, index) => (index % 2 === 1 ? <mark key={index} title="This figure is not in the snapshot">{part}</mark> : part))}</>;
}

export function FallbackNotice({ fallback, short = false }: { fallback: NonNullable<Report["fallback"]>; short?: boolean }) {
  return (
    <div className="fallback" role="note">
      <Icon name="report" />
      <div>
        <p><strong>Written from the snapshot, without a language model</strong> <code>{fallback.reason}</code></p>
        {!short && (
          <>
            {fallback.detail && <p className="quiet">{capital(fallback.detail)}</p>}
            <p className="quiet">{fallback.hint ?? "To have days explained by a local model, install Ollama, fetch a model, and regenerate the report:"}</p>
            {!fallback.hint?.includes("ollama") && <Snippet text="ollama pull llama3.1:8b && ollama serve" />}
          </>
        )}
      </div>
    </div>
  );
}

function capital(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.:]$/.test(upper) ? upper : `${upper}.`;
}

function ReportFacts({ report }: { report: Report }) {
  const total = ["total", "total_ms", "model"].map((name) => report.timings_ms[name]).find((value): value is number => typeof value === "number");
  return (
    <dl className="facts report-facts">
      <dt>Written</dt><dd>{report.generated_at === null ? "\u2013" : <Moment at={report.generated_at} />}{total !== undefined && <span className="quieter"> in {duration(total)}</span>}</dd>
      <dt>By</dt><dd>{authorOf(report)}{report.prompt_version && report.fallback === null && <span className="quieter">, prompt {report.prompt_version}</span>}</dd>
      <dt>Version</dt><dd>{report.version}</dd>
      {report.snapshot_sha256 && <><dt>Snapshot</dt><dd><CopyId id={report.snapshot_sha256} head={12} tail={6} /></dd></>}
    </dl>
  );
}

/** The model, or the rules that write when there is none. */
export function authorOf(report: Report): string {
  return report.fallback !== null || !report.model || report.model === "none" ? "rules, from the snapshot" : report.model;
}

function confidenceWords(confidence: string | number): string {
  return typeof confidence === "number" ? `confidence ${Math.round(confidence * 100)}\u202f%` : `${confidence} confidence`;
}
