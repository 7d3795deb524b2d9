import type { Report } from "../../api/reports";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { FallbackNotice, authorOf } from "../../parts/report/ReportText";
import { useScope } from "../../state/project";
import { Resource } from "../../state/useAnswer";
import { useHref } from "../../state/useView";
import { dayWords } from "../../words/times";

const SIGNALS_SHOWN = 3;

/** The beginning of the day's report. */
export function ReportExcerpt({ report, date, note }: { report: Resource<Report | null>; date: string; note: string | null }) {
  const { today } = useScope();
  const href = useHref();
  const link = href({ screen: "days", item: date, open: null });
  return (
    <Panel title="The day explained" note={[dayWords(date, today), note].filter(Boolean).join(", ")} resource={report} skeleton={<TableBones rows={4} />} actions={<a href={link}>Full report</a>}
      isEmpty={(data) => data === null}
      empty={<Empty title="No report of this day yet"><p>A language model on your own machine explains the day from its summary, never from raw rows. Without a model, Daybook writes a plain report itself.</p><a className="button" href={link}><Icon name="report" size={14} /> Open the day to write one</a></Empty>}>
      {(data) => data && (
        <div className="excerpt">
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
