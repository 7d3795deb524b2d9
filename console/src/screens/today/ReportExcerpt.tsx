import { useState } from "react";
import { ApiFailure } from "../../api/failure";
import { Report, startReport } from "../../api/reports";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { AsOf } from "../../parts/report/AsOf";
import { FallbackNotice, authorOf } from "../../parts/report/ReportText";
import { useScope } from "../../state/project";
import { Resource } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { dayWords } from "../../words/times";

const SIGNALS_SHOWN = 3;

/** The beginning of the day's report. */
export function ReportExcerpt({ report, date, note }: { report: Resource<Report | null>; date: string; note: string | null }) {
  const { project, today, view } = useScope();
  const [starting, setStarting] = useState(false);
  const [refused, refuse] = useState<string | null>(null);
  const href = useHref();
  /** The job is followed where the whole report is. */
  const write = () => {
    setStarting(true);
    refuse(null);
    startReport(project.project_id, date, false)
      .then((id) => go({ screen: "days", item: date, open: null, jobs: { ...view.jobs, report: id } }), (error: unknown) => refuse(error instanceof ApiFailure ? error.message : "The report could not be asked for."))
      .finally(() => setStarting(false));
  };
  const link = href({ screen: "days", item: date, open: null });
  return (
    <Panel title="The day explained" note={[dayWords(date, today), note].filter(Boolean).join(", ")} resource={report} skeleton={<TableBones rows={4} />} actions={<a href={link}>Full report</a>}
      isEmpty={(data) => data === null}
      empty={<Empty title="No report of this day yet"><p>A language model on your own machine explains the day from its summary, never from raw rows. Without a model, Daybook writes a plain report itself.</p><a className="button" href={link}><Icon name="report" size={14} /> Open the day to write one</a></Empty>}>
      {(data) => data && (
        <div className="excerpt">
          <AsOf report={data} date={date} onWrite={write} busy={starting} />
          {refused && <p className="bad" role="alert">{refused}</p>}
          {data.sections.executive_summary.map((text, index) => <p key={index} className="excerpt-text">{text}</p>)}
          {data.sections.misconfiguration_signals.length > 0 && (
            <ul className="signals">
              {data.sections.misconfiguration_signals.slice(0, SIGNALS_SHOWN).map((signal) => <li key={signal.title}><strong>{signal.title}</strong> <span className="quiet">{signal.evidence[0]}</span></li>)}
            </ul>
          )}
          {data.fallback && <FallbackNotice fallback={data.fallback} short />}
          <p className="quieter">By {authorOf(data)}{data.generated_at !== null && <>, <Moment at={data.generated_at} /></>}</p>
        </div>
      )}
    </Panel>
  );
}
