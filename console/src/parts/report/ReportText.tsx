import { ReactNode, createContext, useContext, useLayoutEffect, useRef, useState } from "react";
import type { Report, ReportFigure } from "../../api/reports";
import { useScope } from "../../state/project";
import { rowsOf, rowsUntil } from "../../state/rows";
import { useHref } from "../../state/useView";
import { detailWords, lacksModel } from "../../words/fallback";
import { counted, duration, percent } from "../../words/numbers";
import { CopyId } from "../Copy";
import { Snippet } from "../Empty";
import { Icon } from "../Icon";
import { Moment } from "../Moment";
import { endOfReport } from "./AsOf";
import { TakeAway } from "./TakeAway";
import { isIn, segmentsOf } from "./segments";
import "./report.css";

interface Pointed {
  figure: ReportFigure;
  element: HTMLElement;
}

/** `end`: until when the report counted, where its day went on after that. */
const Pointing = createContext<{ date: string; end: number | null; point: (to: Pointed | null) => void }>({ date: "", end: null, point: () => undefined });

/**
 * The five sections of a day's report, always in this order. Each figure that the snapshot supports is underlined, tells its
 * fact when pointed at and leads to its rows; one that it does not support is marked.
 */
export function ReportText({ report, date }: { report: Report; date: string }) {
  const { zone } = useScope();
  const { sections, grounding } = report;
  const end = endOfReport(report, date, zone);
  const [pointed, point] = useState<Pointed | null>(null);
  const box = useRef<HTMLElement>(null);
  const figures = grounding ? figuresOf(report) : [];
  const section = (title: string, name: string, texts: readonly string[], lead = false) => <Section title={title} name={name} texts={texts} figures={figures} lead={lead} />;
  return (
    <Pointing.Provider value={{ date, end, point }}>
      <article className="report" ref={box}>
        {report.fallback && <FallbackNotice fallback={report.fallback} />}
        {grounding && <Grounded grounding={grounding} />}
        {section("Executive summary", "executive_summary", sections.executive_summary, true)}
        {section("User behaviour", "user_behaviour", sections.user_behaviour)}
        {section("System behaviour", "system_behaviour", sections.system_behaviour)}
        <section>
          <h3>Misconfiguration signals</h3>
          {sections.misconfiguration_signals.length === 0 ? <p className="quiet">None found.</p> : (
            <ul className="signals">
              {sections.misconfiguration_signals.map((signal, index) => (
                <li key={signal.title}>
                  <p><strong><Text text={signal.title} figures={of(figures, `misconfiguration_signals[${index}].title`)} /></strong> {signal.confidence !== null && <span className="confidence">{confidenceWords(signal.confidence)}</span>}</p>
                  {signal.evidence.map((text, part) => <p key={part} className="quiet"><Text text={text} figures={of(figures, `misconfiguration_signals[${index}].evidence`)} /></p>)}
                </li>
              ))}
            </ul>
          )}
        </section>
        {section("Confidence and scope", "confidence_and_scope", sections.confidence_and_scope)}
        <ReportFacts report={report} />
        <TakeAway report={report} date={date} by={authorOf(report)} />
        {pointed && box.current && <FactTip pointed={pointed} within={box.current} end={end} />}
      </article>
    </Pointing.Provider>
  );
}

/** The figures, and for reports that were written before figures had places, the unsupported ones wherever they stand. */
function figuresOf({ grounding }: Report): ReportFigure[] {
  if (!grounding) return [];
  if (grounding.figures.length > 0) return grounding.figures;
  return grounding.unsupported.map((entry) => ({ text: entry.figure, section: entry.section, start: null, end: null, supported: false, fact: null, rows: null }));
}

function of(figures: readonly ReportFigure[], section: string): ReportFigure[] {
  return figures.filter((figure) => isIn(figure, section, null));
}

function Section({ title, name, texts, figures, lead }: { title: string; name: string; texts: readonly string[]; figures: readonly ReportFigure[]; lead: boolean }) {
  const text = (part: string, index: number) => <Text text={part} figures={figures.filter((figure) => isIn(figure, name, index))} />;
  return (
    <section>
      <h3>{title}</h3>
      {texts.length === 0 ? <p className="quieter">The report says nothing here.</p>
        : texts.length === 1 || lead ? texts.map((part, index) => <p key={index}>{text(part, index)}</p>)
          : <ul className="report-points">{texts.map((part, index) => <li key={index}>{text(part, index)}</li>)}</ul>}
    </section>
  );
}

function Text({ text, figures }: { text: string; figures: readonly ReportFigure[] }) {
  if (figures.length === 0) return <>{text}</>;
  return <>{segmentsOf(text, figures).map((segment, index) => (segment.figure ? <Figure key={index} figure={segment.figure} /> : <span key={index}>{segment.text}</span>))}</>;
}

function Figure({ figure }: { figure: ReportFigure }) {
  const { date, end, point } = useContext(Pointing);
  const { zone } = useScope();
  const href = useHref();
  const events = {
    onPointerEnter: (event: React.PointerEvent<HTMLElement>) => point({ figure, element: event.currentTarget }),
    onPointerLeave: () => point(null),
    onFocus: (event: React.FocusEvent<HTMLElement>) => point({ figure, element: event.currentTarget }),
    onBlur: () => point(null),
  };
  const said = <>{figure.text}<span className="unseen"> ({factWords(figure)})</span></>;
  if (!figure.supported) return <mark tabIndex={0} {...events}>{said}</mark>;
  if (figure.rows) return <a className="grounded-figure" href={href(rowsUntil(rowsOf(figure.rows.filter, date), end, zone))} {...events}>{said}</a>;
  return <span className="grounded-figure" tabIndex={0} {...events}>{said}</span>;
}

function factWords(figure: ReportFigure): string {
  if (!figure.supported) return "not in the snapshot: do not rely on it";
  return figure.fact ?? "in the snapshot";
}

const TIP_WIDTH = 280;

/** What supports the figure that is pointed at, below it and within the report. */
function FactTip({ pointed, within, end }: { pointed: Pointed; within: HTMLElement; end: number | null }) {
  const tip = useRef<HTMLDivElement>(null);
  const { figure, element } = pointed;
  useLayoutEffect(() => {
    const around = within.getBoundingClientRect();
    const place = element.getClientRects()[0] ?? element.getBoundingClientRect();
    const width = Math.min(TIP_WIDTH, around.width);
    tip.current?.style.setProperty("--x", `${Math.round(Math.max(0, Math.min(place.left - around.left, around.width - width)))}px`);
    tip.current?.style.setProperty("--y", `${Math.round(place.bottom - around.top + 6)}px`);
  }, [element, within]);
  return (
    <div ref={tip} className="tip fact-tip" role="tooltip">
      {figure.supported ? <span className="mark-good"><Icon name="check" size={14} />In the snapshot</span> : <span className="mark-warn"><Icon name="warning" size={14} />Not in the snapshot</span>}
      <span className="fact-says">{figure.supported ? figure.fact ?? "A value of the snapshot." : "Nothing in the day's snapshot supports this figure. Do not rely on it."}</span>
      {figure.rows && <em>Opens {end !== null ? <>its attempts until <Moment at={end} /></> : figure.rows.count === null ? "its attempts" : counted(figure.rows.count, "attempt")}.</em>}
    </div>
  );
}

function Grounded({ grounding }: { grounding: NonNullable<Report["grounding"]> }) {
  const { checked, supported } = grounding;
  if (checked === 0) return <p className="grounded quieter">The report writes no figures.</p>;
  const share = grounding.share ?? supported / checked;
  const all = supported === checked;
  return (
    <p className="grounded">
      <span className={all ? "mark-good" : "mark-warn"}><Icon name={all ? "check" : "warning"} size={14} />{percent(share)} grounded</span>
      <svg className="grounded-bar" width="88" height="6" aria-hidden="true"><rect className="grounded-rest" width="88" height="6" rx="3" /><rect className="grounded-part" width={Math.round(88 * share)} height="6" rx="3" /></svg>
      <span className="quiet">{all ? `all ${counted(checked, "figure")} ${checked === 1 ? "is" : "are"} in the snapshot` : `${supported} of ${counted(checked, "figure")} are in the snapshot; the others are marked`}</span>
    </p>
  );
}

export function FallbackNotice({ fallback, short = false }: { fallback: NonNullable<Report["fallback"]>; short?: boolean }) {
  const install = lacksModel(fallback.reason);
  return (
    <div className="fallback" role="note">
      <Icon name="report" />
      <div>
        <p><strong>Written from the snapshot, without a language model</strong> <code>{fallback.reason}</code></p>
        {!short && (
          <>
            {fallback.detail && <p className="quiet">{detailWords(fallback.detail)}</p>}
            {(fallback.hint || install) && <p className="quiet">{withCode(fallback.hint ?? "To have days explained by a local model, install Ollama, fetch a model, and write the report again:")}</p>}
            {install && !fallback.hint?.includes("ollama") && <Snippet text="ollama pull llama3.1:8b && ollama serve" />}
          </>
        )}
      </div>
    </div>
  );
}

/** What stands between backticks is code. */
function withCode(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : <span key={index}>{part}</span>));
}

function ReportFacts({ report }: { report: Report }) {
  const total = ["total", "total_ms", "model"].map((name) => report.timings_ms[name]).find((value): value is number => typeof value === "number");
  return (
    <dl className="facts report-facts">
      <dt>Written</dt><dd>{report.generated_at === null ? "\u2013" : <Moment at={report.generated_at} />}{total !== undefined && <span className="quieter"> in {duration(total)}</span>}</dd>
      <dt>By</dt><dd>{authorOf(report)}{report.prompt_version && report.fallback === null && <span className="quieter">, prompt {report.prompt_version}</span>}</dd>
      <dt>Version</dt><dd>{report.version}</dd>
      {report.snapshot_sha256 && <><dt>Snapshot</dt><dd><CopyId id={report.snapshot_sha256} head={12} tail={6} />{report.snapshot_at !== null && <span className="quieter"> of <Moment at={report.snapshot_at} /></span>}</dd></>}
    </dl>
  );
}

/** The model, or the rules that write when there is none. */
export function authorOf(report: { fallback?: unknown; status?: string; model: string | null }): string {
  const byRules = (report.fallback !== null && report.fallback !== undefined) || report.status === "fallback";
  return byRules || !report.model || report.model === "none" ? "rules, from the snapshot" : report.model;
}

export function confidenceWords(confidence: string | number): ReactNode {
  return typeof confidence === "number" ? `confidence ${Math.round(confidence * 100)}\u202f%` : `${confidence} confidence`;
}
