import type { Report } from "../api/days";
import { duration } from "../words/numbers";
import { CopyId } from "./Copy";
import { Icon } from "./Icon";
import { Moment } from "./Moment";
import { Snippet } from "./Empty";
import "./report.css";

/** The five sections of a day's report, always in this order. */
export function ReportText({ report }: { report: Report }) {
  const { sections } = report;
  return (
    <article className="report">
      {report.fallback && <FallbackNotice fallback={report.fallback} />}
      <Section title="Executive summary" texts={sections.executive_summary} lead />
      <Section title="User behaviour" texts={sections.user_behaviour} />
      <Section title="System behaviour" texts={sections.system_behaviour} />
      <section>
        <h3>Misconfiguration signals</h3>
        {sections.misconfiguration_signals.length === 0 ? <p className="quiet">None found.</p> : (
          <ul className="signals">
            {sections.misconfiguration_signals.map((signal) => (
              <li key={signal.title}>
                <p><strong>{signal.title}</strong> {signal.confidence !== null && <span className="confidence">{confidenceWords(signal.confidence)}</span>}</p>
                {signal.evidence.map((text, index) => <p key={index} className="quiet">{text}</p>)}
              </li>
            ))}
          </ul>
        )}
      </section>
      <Section title="Confidence and scope" texts={sections.confidence_and_scope} />
      <ReportFacts report={report} />
    </article>
  );
}

function Section({ title, texts, lead = false }: { title: string; texts: readonly string[]; lead?: boolean }) {
  return (
    <section>
      <h3>{title}</h3>
      {texts.length === 0 ? <p className="quieter">The report says nothing here.</p>
        : texts.length === 1 || lead ? texts.map((text, index) => <p key={index} className={lead ? "report-lead" : undefined}>{text}</p>)
          : <ul className="report-points">{texts.map((text, index) => <li key={index}>{text}</li>)}</ul>}
    </section>
  );
}

export function FallbackNotice({ fallback, short = false }: { fallback: NonNullable<Report["fallback"]>; short?: boolean }) {
  return (
    <div className="fallback" role="note">
      <Icon name="report" />
      <div>
        <p><strong>Written from the snapshot, without a language model</strong> <code>{fallback.reason}</code></p>
        {!short && (
          <>
            {fallback.detail && <p className="quiet">{fallback.detail}</p>}
            <p className="quiet">{fallback.hint ?? "To have days explained by a local model, install Ollama, fetch a model, and regenerate the report:"}</p>
            {!fallback.hint?.includes("ollama") && <Snippet text="ollama pull llama3.1:8b && ollama serve" />}
          </>
        )}
      </div>
    </div>
  );
}

function ReportFacts({ report }: { report: Report }) {
  const total = ["total", "total_ms", "model"].map((name) => report.timings_ms[name]).find((value): value is number => typeof value === "number");
  return (
    <dl className="facts report-facts">
      <dt>Written</dt><dd>{report.generated_at === null ? "\u2013" : <Moment at={report.generated_at} />}{total !== undefined && <span className="quieter"> in {duration(total)}</span>}</dd>
      <dt>By</dt><dd>{report.model ?? "the deterministic writer"}{report.prompt_version && <span className="quieter">, prompt {report.prompt_version}</span>}</dd>
      <dt>Version</dt><dd>{report.version}</dd>
      {report.snapshot_sha256 && <><dt>Snapshot</dt><dd><CopyId id={report.snapshot_sha256} head={12} tail={6} /></dd></>}
    </dl>
  );
}

function confidenceWords(confidence: string | number): string {
  return typeof confidence === "number" ? `confidence ${Math.round(confidence * 100)}\u202f%` : `${confidence} confidence`;
}
