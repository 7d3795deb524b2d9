import { FailureGroups } from "../../parts/FailureGroups";
import { FailureHeat } from "../../parts/FailureHeat";
import { FunnelSteps, TableBones } from "../../parts/FunnelSteps";
import { BooksEquation } from "../../parts/BooksEquation";
import { Empty, simulateCommand } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { notNarrowedBy } from "../../state/narrowing";
import { booksOf, dateOfScope, dayOfToday, failuresOf, funnelOf, overviewOf, reportOf, seriesBeforeOf, seriesOf } from "../../state/questions";
import { rangeWords } from "../../state/range";
import { useAnswer } from "../../state/useAnswer";
import { useHref } from "../../state/useView";
import { AllTime } from "./AllTime";
import { Figures } from "./Figures";
import { Headline, nothingYet } from "./Headline";
import { ReportExcerpt } from "./ReportExcerpt";
import { ThroughTheDay } from "./ThroughTheDay";
import "./today.css";

const GROUPS_SHOWN = 8;

/** Is today normal? */
export function Today() {
  const scope = useScope();
  const now = useNow(60_000);
  const href = useHref();
  const date = dateOfScope(scope);
  const overview = useAnswer(overviewOf(scope), scope.live);
  const day = useAnswer(dayOfToday(scope), scope.live);
  const series = useAnswer(seriesOf(scope), scope.live);
  const before = useAnswer(seriesBeforeOf(scope));
  const funnel = useAnswer(funnelOf(scope), scope.live);
  const failures = useAnswer(failuresOf(scope), scope.live);
  const books = useAnswer(booksOf(scope, date), scope.live);
  const report = useAnswer(reportOf(scope, date));
  const covers = rangeWords(scope.view.range, scope.zone, now);
  const wholeDay = notNarrowedBy(scope.view, []);
  const steps = [covers, funnel.data && notNarrowedBy(scope.view, funnel.data.steps_narrowed_by)].filter(Boolean).join(", ");

  return (
    <>
      <h1 className="unseen">{scope.span.date === null || scope.span.date === scope.today ? "Today" : date}</h1>
      <Headline overview={day} failures={failures.data} />
      {!nothingYet(overview.data) && <div className="stack">
        <Figures overview={day} series={series} />
        <div className="today-main">
          <ThroughTheDay series={series} before={before} covers={covers} />
          <Panel title="Books of the day" note={[scope.span.date === null ? "today" : null, wholeDay].filter(Boolean).join(", ") || undefined} resource={books} skeleton={<TableBones rows={3} />}
            isEmpty={(data) => data.received === 0 && data.pending === 0}
            empty={<Empty title="Nothing was received on this day"><p>Every item that comes in is counted here once: stored, duplicate, sampled, rejected or quarantined.</p></Empty>}>
            {(data) => <BooksEquation books={data} />}
          </Panel>
        </div>
        <div className="columns-2">
          <Panel title="Funnel" note={steps} resource={funnel} skeleton={<TableBones rows={8} />}
            actions={<a href={href({ screen: "funnel", item: null, open: null })}>Open</a>}
            isEmpty={(data) => data.steps.every((step) => step.sessions === 0)}
            empty={<Empty title="No sessions in this range" command={simulateCommand()}><p>Each step that a visitor reaches is a <code>funnel.step</code> event. The simulator sends some:</p></Empty>}>
            {(data) => <FunnelSteps funnel={data} />}
          </Panel>
          <Panel title="Failures" note={covers} resource={failures} skeleton={<TableBones rows={8} />}
            actions={<a href={href({ screen: "failures", item: null, open: null })}>Open</a>}
            isEmpty={(data) => data.total_failures === 0}
            empty={<NoFailures attempts={failures.data?.total_attempts ?? 0} />}>
            {(data) => <FailureGroups failures={data} shown={GROUPS_SHOWN} />}
          </Panel>
        </div>
        <Panel title="When failures happen" note="category and source, by hour" resource={failures} skeleton={<TableBones rows={5} />}
          isEmpty={(data) => data.heat.length === 0} empty={<NoFailures attempts={failures.data?.total_attempts ?? 0} />}>
          {(data) => <FailureHeat failures={data} />}
        </Panel>
        <div className="today-main">
          <ReportExcerpt report={report} date={date} note={wholeDay} />
          <AllTime overview={overview} note={wholeDay} />
        </div>
      </div>}
    </>
  );
}

function NoFailures({ attempts }: { attempts: number }) {
  return attempts > 0
    ? <Empty title={`No failures among ${attempts === 1 ? "one attempt" : `${attempts} attempts`}`}><p>When an attempt fails, its category, code, source and trend appear here.</p></Empty>
    : <Empty title="No attempts in this range"><p>Failures are grouped here by category, code and source, with their trend.</p></Empty>;
}
