import { ReactNode } from "react";
import type { FailureGroup, Failures, Overview } from "../../api/analytics";
import { Empty, simulateCommand, submitCommand } from "../../parts/Empty";
import { Failed, Staleness, Waiting } from "../../parts/Panel";
import { RowsWithin } from "../../parts/RowsLink";
import { edgesThrough, gathered } from "../../state/buckets";
import { useNow } from "../../state/now";
import { onsetOf } from "../../state/onset";
import { useScope } from "../../state/project";
import { Span } from "../../state/range";
import { narrowed } from "../../state/narrowing";
import { dayRange } from "../../state/questions";
import { Filters } from "../../state/view";
import { Resource } from "../../state/useAnswer";
import { counted, exact, percent, points } from "../../words/numbers";
import { clockOnce, dayWords, weekdayName } from "../../words/times";
import { baseline } from "./baseline";

/** Today in words, before any chart. The numbers are links to the rows behind them. */
export function Headline({ overview, failures }: { overview: Resource<Overview>; failures: Failures | undefined }) {
  const { data, failure } = overview;
  const { project } = useScope();
  if (!data) {
    return (
      <div className="today-headline">
        {failure ? <Failed failure={failure} resource={overview} /> : <Waiting><span className="bone sentence-bone" /><span className="bone sentence-bone today-second" /></Waiting>}
      </div>
    );
  }
  if (nothingYet(data)) {
    return (
      <div className="today-headline">
        <p className="sentence">Nothing has arrived in {project.name} yet.</p>
        <div className="columns-2 today-first">
          <Empty title="Send one attempt" command={submitCommand(project.project_id)}><p>With an API key from <a href="#/settings">Settings</a>:</p></Empty>
          <Empty title="Or a minute of realistic traffic" command={simulateCommand()}><p>From several sources, with retries, abandoned funnels and misconfigurations:</p></Empty>
        </div>
      </div>
    );
  }
  return <div className="today-headline"><Sentence data={data} failures={failures} /><Staleness resource={overview} /></div>;
}

/** A project to which nothing was ever sent. */
export function nothingYet(data: Overview | undefined): boolean {
  return data !== undefined && data.all_time.attempts === 0 && data.all_time.events === 0;
}

function Sentence({ data, failures }: { data: Overview; failures: Failures | undefined }) {
  const { zone, today, view, span } = useScope();
  const now = useNow(60_000);
  const range = dayRange(data.date, data.is_today);
  const rows = (more: Filters, title: string | undefined, what: ReactNode, className = "") => <RowsWithin more={more} range={range} title={title} className={className}>{what}</RowsWithin>;
  const { attempts, leads, success_share } = data.today;
  const when = `${data.is_today ? "today" : `on ${dayWords(data.date, today)}`}${narrowed(view) ? " with these filters" : ""}`;
  if (attempts === 0) {
    return <p className="sentence">No attempts {when}{data.is_today ? " so far" : ""}. {usual(data)}</p>;
  }
  const compared = comparison(data);
  const top = data.top_failure;
  const begun = top && failures && span.date === data.date ? mostly(failures.groups.find((group) => group.code === top.code && group.source === top.source), span, now, zone) : null;
  const ofTop: Filters = top ? { outcome: ["failure"], category: [top.category], code: [top.code], ...(top.source ? { source: [top.source] } : {}) } : {};
  return (
    <p className="sentence">
      {rows({}, exact(attempts), counted(attempts, "attempt"))} {when}, {rows({ outcome: ["success"] }, exact(leads), counted(leads, "lead"))}.{" "}
      {success_share !== null && <>{percent(success_share)} succeeded{compared && <>, {compared}</>}.{" "}</>}
      {top && (
        <>
          Most failures: {rows(ofTop, undefined, <code>{top.code}</code>, "bad")}
          {top.source && <> from {top.source}</>}, {rows(ofTop, exact(top.count), top.count === 1 ? "once" : counted(top.count, "time"))}{begun ? `, ${begun}` : top.since !== null && <>, {top.count === 1 ? "at" : "since"} {clockOnce(top.since, zone)}</>}.
        </>
      )}
      {!top && data.today.failures === 0 && <>Nothing failed.</>}
    </p>
  );
}

/** "most since 14:00", "most from 03:00 to 05:00": the hours in which the failure was frequent; null where it was spread over the day. */
function mostly(group: FailureGroup | undefined, span: Span, now: number, zone: string): string | null {
  if (!group) return null;
  const edges = edgesThrough(group.trend.map((point) => point.at), span.from, span.to, "hour", zone);
  const begun = edges.filter((edge) => edge <= now).length;
  const counts = gathered(edges, group.trend.map(({ at, count }) => ({ at, value: count }))).slice(0, begun).map((count) => count ?? 0);
  const found = onsetOf(counts);
  if (!found) return null;
  const from = clockOnce(Math.max(edges[found.first] ?? span.from, span.from), zone);
  return found.last >= counts.length - 2 ? `most since ${from}` : `most from ${from} to ${clockOnce(edges[found.last + 1] ?? span.to, zone)}`;
}

function comparison(data: Overview): ReactNode {
  const share = data.today.success_share;
  if (share === null) return null;
  const against = baseline(data);
  if (!against || against.success_share === null) return null;
  const difference = points(share, against.success_share);
  if (difference.value === 0) return <>as on {against.name}{against.condition}</>;
  const worse = difference.value < 0;
  return <><span className={worse && difference.value <= -3 ? "bad" : undefined}>{difference.text} {worse ? "below" : "above"}</span> {against.name}{against.condition}</>;
}

function usual(data: Overview): string {
  const { same_weekday } = data.trailing;
  if (!same_weekday || same_weekday.days === 0) return "";
  return `The last ${weekdayName(data.date)}s had ${counted(Math.round(same_weekday.attempts), "attempt")}${data.is_today ? " by this time" : ""}.`;
}
