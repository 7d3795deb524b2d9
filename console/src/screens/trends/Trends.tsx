import { useMemo } from "react";
import type { Trends as TrendsAnswer } from "../../api/trends";
import { ChartFrame } from "../../charts/ChartFrame";
import { ShareLine } from "../../charts/ShareLine";
import { Sparkline } from "../../charts/Sparkline";
import { Column, TimeColumns } from "../../charts/TimeColumns";
import { timeAxis } from "../../charts/axis";
import { Empty, NothingYet } from "../../parts/Empty";
import { Figure, FigureBones } from "../../parts/Figure";
import { TableBones } from "../../parts/FunnelSteps";
import { Flag } from "../../parts/Outcome";
import { Panel, Waiting } from "../../parts/Panel";
import { RowsLink } from "../../parts/RowsLink";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { trendsNarrowing } from "../../state/narrowing";
import { daysOf, trendsOf } from "../../state/questions";
import { useRowKeys } from "../../state/rowKeys";
import { datesRange } from "../../state/rows";
import { useAnswer } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { Filters, View } from "../../state/view";
import { change, counted, exact, percent, points as pointsOf, short } from "../../words/numbers";
import { WORST_ATTEMPTS_MIN } from "../../words/days";
import { addDays, dayWords, startOf } from "../../words/times";
import { Bucket, FOUR_WEEKS, Recent, Sums, bucketsOf, overBy, recent, sumOf } from "./months";
import "./trends.css";

const PARTS = [{ name: "Leads", tone: "good" }, { name: "Failures", tone: "bad" }] as const;
const MONTHS = [3, 6, 12, 24] as const;
const DEFAULT_MONTHS = 12;
/** So far back the list of days says whether books balance. */
const DAYS_WITH_BOOKS = 371;

/** Where is it going? Many months, from the frozen days. */
export function Trends() {
  const scope = useScope();
  const { view, today, zone } = scope;
  const by = view.options.by === "week" ? "week" : "day";
  const months = MONTHS.find((choice) => String(choice) === view.options.months) ?? DEFAULT_MONTHS;
  const only = trendsNarrowing(view);
  const sources = only.field === "source" ? only.values : [];
  const trends = useAnswer(trendsOf(scope, by, months, only), view.live);
  const perDay = useAnswer(trendsOf(scope, "day", months, only), view.live && by === "week");
  const days = useAnswer(daysOf(scope, addDays(today, -DAYS_WITH_BOOKS)));
  const buckets = useMemo(() => {
    const balanced = new Map((days.data ?? []).flatMap((day) => (day.balanced === null ? [] : [[day.date, day.balanced] as const])));
    return trends.data ? bucketsOf(trends.data.points, by, today, balanced) : [];
  }, [trends.data, days.data, by, today]);
  const dayBuckets = useMemo(() => (perDay.data ? bucketsOf(perDay.data.points, "day", today) : []), [perDay.data, today]);
  const known = new Set([...(trends.data?.points ?? []).flatMap((point) => point.by_source.map((row) => row.source)), ...sources]);
  const choose = (options: { by?: string; months?: string }) => go({ options: { ...view.options, ...options } });
  useRowKeys(".trends-table", "Open the day");
  useKeys([
    { keys: "d", says: "By day", group: "On this screen", run: () => choose({ by: undefined }) },
    { keys: "w", says: "By week", group: "On this screen", run: () => choose({ by: "week" }) },
  ]);
  // The open day is always there, also in a project that has received nothing.
  const some = buckets.some((bucket) => bucket.attempts > 0);
  const empty = sources.length === 0 ? <NothingYet title="No attempt is on record yet"><p>Each closed day adds one point that never changes again.</p></NothingYet>
    : <Empty title="Nothing came from there"><p>In these {months} months there is no attempt from {sources.join(" or ")}. Another source, or all of them, may have some.</p></Empty>;
  const open = (bucket: { from: number } | undefined) => {
    const found = buckets.find((one) => startOf(one.date, zone) === bucket?.from);
    if (!found) return;
    if (by === "day") go({ screen: "days", item: found.date, open: null });
    else go({ screen: "attempts", item: null, open: null, filters: onlyOf(view), words: "", range: datesRange(found.date, found.last, zone) });
  };
  return (
    <>
      <h1>Trends</h1>
      {some && <Sentence days={dayBuckets} buckets={buckets} by={by} />}
      <div className="trends-choices" role="group" aria-label="What is shown">
        <Choice label="By" value={by} choices={[["day", "Day"], ["week", "Week"]]} onChoose={(value) => choose({ by: value === "day" ? undefined : value })} />
        <Choice label="Over" value={String(months)} choices={MONTHS.map((choice) => [String(choice), `${choice} months`])} onChoose={(value) => choose({ months: Number(value) === DEFAULT_MONTHS ? undefined : value })} />
        <label className="choice"><span className="quieter">Source</span>
          <select className="select" value={sources.join(",")} onChange={(event) => go({ filters: { ...view.filters, source: event.target.value ? [event.target.value] : [] } })}>
            <option value="">all of them</option>
            {sources.length > 1 && <option value={sources.join(",")}>{sources.join(", ")}</option>}
            {[...known].sort().map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      </div>
      {trends.data ? some && <Figures buckets={buckets} by={by} /> : !trends.failure && <Waiting><FigureBones /></Waiting>}
      <div className="stack screen-stack">
        <Panel title="Attempts" note={by === "day" ? "by day; a column opens its day" : "by week; a column opens its attempts"} resource={trends} skeleton={<span className="bone trends-bone" />} isEmpty={() => !some} empty={empty}>
          {(data) => <Attempts data={data} buckets={buckets} by={by} onOpen={open} />}
        </Panel>
        {some && (
          <Panel title="Share of attempts that failed" note="zero at the bottom" resource={trends} skeleton={<span className="bone trends-bone" />}>
            {() => <Failed buckets={buckets} by={by} onOpen={open} />}
          </Panel>
        )}
        {some && <Panel title={by === "day" ? "Days" : "Weeks"} note={`newest first, ${exact(buckets.length)} of them`} resource={trends} skeleton={<TableBones rows={10} />}>{() => <Table buckets={buckets} by={by} />}</Panel>}
      </div>
    </>
  );
}

function Choice({ label, value, choices, onChoose }: { label: string; value: string; choices: readonly (readonly [string, string])[]; onChoose: (value: string) => void }) {
  return (
    <span className="choice" role="group" aria-label={label}>
      <span className="quieter">{label}</span>
      <span className="choice-buttons">{choices.map(([key, name]) => <button key={key} type="button" className="button button-small" aria-pressed={key === value} onClick={() => onChoose(key)}>{name}</button>)}</span>
    </span>
  );
}

/** What narrows the trends, and so the rows behind them. */
function onlyOf(view: View): Filters {
  const { field, values } = trendsNarrowing(view);
  return values.length > 0 ? { [field]: [...values] } : {};
}

/** The last four weeks against the four before, in words. */
function Sentence({ days, buckets, by }: { days: readonly Bucket[]; buckets: readonly Bucket[]; by: "day" | "week" }) {
  const { today } = useScope();
  const href = useHref();
  const weeks = recent(days, today);
  const off = buckets.filter((bucket) => bucket.balanced === false);
  const worst = overBy(buckets, today).filter((bucket) => bucket.attempts >= WORST_ATTEMPTS_MIN).sort((one, other) => other.failures / other.attempts - one.failures / one.attempts)[0];
  return (
    <p className="sentence">
      {weeks ? <FourWeeks weeks={weeks} /> : days.length > 0 && <>No day is over yet: the first one on record goes on.{" "}</>}
      {worst && worst.failures > 0 && <>The worst {by} {by === "day" ? "was" : "began on"} <a href={href({ screen: "days", item: worst.date, open: null })}>{dayWords(worst.date, today)}</a>: {percent(worst.failures / worst.attempts)} failed. </>}
      {off[0] && <span className="bad">Books are off on <a href={href({ screen: "days", item: off[0].date, open: null })}>{dayWords(off[0].date, today)}</a>{off.length > 1 && ` and ${off.length - 1} more`}.</span>}
    </p>
  );
}

/** Days that are over alone, and how many of them are on record where not all are. */
function FourWeeks({ weeks: { from, to, now, before } }: { weeks: Recent }) {
  const { zone, view, today } = useScope();
  const rows = (more: Record<string, string>) => ({ ...onlyOf(view), ...more, from: new Date(startOf(from, zone)).toISOString(), to: new Date(startOf(addDays(to, 1), zone)).toISOString() });
  const said = before && before.attempts > 0 ? change(now.attempts, before.attempts) : null;
  const title = `${dayWords(from, today)} to ${dayWords(to, today)}: days that are over`;
  return (
    <>
      <RowsLink date={null} filter={rows({})} title={title}>{counted(now.attempts, "attempt")}</RowsLink> in the last four weeks{now.days < FOUR_WEEKS && <>, of which {counted(now.days, "day")} {now.days === 1 ? "is" : "are"} on record</>}
      {said && <>, {said === "as usual" ? "as many as" : `${said} against`} the four before</>}; {now.attempts > 0 ? <RowsLink date={null} filter={rows({ outcome: "failure" })} title={counted(now.failures, "failure")}>{percent(now.failures / now.attempts)}</RowsLink> : "none"} failed{before && before.attempts > 0 && now.attempts > 0 && <Points now={now} before={before} />}.{" "}
    </>
  );
}

function Points({ now, before }: { now: Sums; before: Sums }) {
  const difference = pointsOf(now.failures / now.attempts, before.failures / before.attempts);
  return difference.value === 0 ? <>, as before</> : <>, <span className={difference.value >= 3 ? "bad" : undefined}>{difference.text} {difference.value > 0 ? "above" : "below"}</span> the four before</>;
}

function Figures({ buckets, by }: { buckets: readonly Bucket[]; by: "day" | "week" }) {
  const { zone, view, today } = useScope();
  const href = useHref();
  const all = sumOf(buckets);
  const over = sumOf(overBy(buckets, today));
  const [first, last] = [buckets[0], buckets[buckets.length - 1]];
  const rows = (more: object) => (first && last ? href({ screen: "attempts", item: null, open: null, words: "", filters: { ...more, ...onlyOf(view) }, range: datesRange(first.date, last.last, zone) }) : undefined);
  const covers = `over ${counted(buckets.length, by)}${last && last.last >= today ? ", the last goes on" : ""}`;
  return (
    <div className="figures">
      <Figure label="Attempts" value={short(all.attempts)} exactly={exact(all.attempts)} href={rows({})} comparison={covers}><Sparkline values={buckets.map((bucket) => bucket.attempts)} label={`Attempts by ${by}`} /></Figure>
      <Figure label="Leads" value={short(all.leads)} exactly={exact(all.leads)} href={rows({ outcome: ["success"] })} comparison={covers}><Sparkline values={buckets.map((bucket) => bucket.leads)} label={`Leads by ${by}`} /></Figure>
      <Figure label="Failed" value={all.attempts > 0 ? percent(all.failures / all.attempts) : "\u2013"} href={rows({ outcome: ["failure"] })} comparison={`${short(all.failures)} failures`}><Sparkline values={buckets.map((bucket) => (bucket.attempts > 0 ? bucket.failures / bucket.attempts : null))} tone="bad" label={`Share that failed by ${by}`} /></Figure>
      <Figure label="A day, on average" value={over.days > 0 ? short(Math.round(over.attempts / over.days)) : "\u2013"} comparison={over.days > 0 ? `attempts, over ${counted(over.days, "whole day")}` : "no day is over yet"} />
    </div>
  );
}

function Attempts({ data, buckets, by, onOpen }: { data: TrendsAnswer; buckets: readonly Bucket[]; by: "day" | "week"; onOpen: (column: Column) => void }) {
  const { zone, today } = useScope();
  const axis = timeAxis(zone, today);
  const columns = columnsOf(buckets, zone);
  const openFrom = data.points.find((point) => point.closed === false)?.date;
  const marks = buckets.filter((bucket) => bucket.balanced === false).map((bucket) => ({ at: startOf(bucket.date, zone), words: "books off" }));
  return (
    <ChartFrame name={`attempts-by-${by}`} covers={coversOf(buckets, today)} table={() => ({ columns: [by === "day" ? "Day" : "Week from", "Attempts", "Leads", "Failures", "Failed", "Closed", "Books"], rows: buckets.map((bucket) => [bucket.date, bucket.attempts, bucket.leads, bucket.failures, bucket.attempts > 0 ? Math.round((bucket.failures / bucket.attempts) * 10_000) / 10_000 : null, bucket.closed === null ? "" : bucket.closed ? "yes" : "no", bucket.balanced === null ? "" : bucket.balanced ? "balance" : "off"]) })}
      legend={<span className="legend">{PARTS.map((part) => <span key={part.name}><i className={`key key-${part.tone}`} />{part.name}</span>)}<span><i className="key key-open" />still open</span>{marks.length > 0 && <span><svg width="10" height="9" aria-hidden="true"><path className="chart-mark" d="M5 0l5 9H0z" /></svg>books off</span>}</span>}>
      <TimeColumns columns={columns} parts={PARTS} axis={axis} beforeName={null} fillingFrom={openFrom === undefined ? null : startOf(openFrom, zone)} marks={marks} onPick={onOpen}
        label={`Attempts by ${by}, ${exact(sumOf(buckets).leads)} leads and ${exact(sumOf(buckets).failures)} failures in all`} />
    </ChartFrame>
  );
}

function Failed({ buckets, by, onOpen }: { buckets: readonly Bucket[]; by: "day" | "week"; onOpen: (point: { from: number }) => void }) {
  const { zone, today } = useScope();
  const axis = timeAxis(zone, today);
  const shares = columnsOf(buckets, zone).map((column, index) => {
    const bucket = buckets[index];
    return { from: column.from, to: column.to, share: bucket && bucket.attempts > 0 ? bucket.failures / bucket.attempts : null };
  });
  return (
    <ChartFrame name={`failed-by-${by}`} unit="% of attempts" covers={coversOf(buckets, today)} table={() => ({ columns: [by === "day" ? "Day" : "Week from", "Failed"], rows: shares.map((point, index) => [buckets[index]?.date ?? "", point.share === null ? null : Math.round(point.share * 10_000) / 10_000]) })}>
      <ShareLine points={shares} axis={axis} label={`Share of attempts that failed by ${by}`} onPick={onOpen} />
    </ChartFrame>
  );
}

/** "Sat 1 Nov 2025 to Fri 27 Nov" */
function coversOf(buckets: readonly Bucket[], today: string): string {
  const [first, last] = [buckets[0], buckets[buckets.length - 1]];
  return first && last ? `${dayWords(first.date, today)} to ${dayWords(last.last, today)}` : "";
}

function columnsOf(buckets: readonly Bucket[], zone: string): Column[] {
  return buckets.map((bucket) => ({
    from: startOf(bucket.date, zone), to: startOf(addDays(bucket.last, 1), zone), before: null,
    values: bucket.known ? [bucket.leads, bucket.failures] : [null, null],
  }));
}

function Table({ buckets, by }: { buckets: readonly Bucket[]; by: "day" | "week" }) {
  const { today, zone, view } = useScope();
  const href = useHref();
  const only = onlyOf(view);
  const rows = [...buckets].filter((bucket) => bucket.known).reverse();
  const link = (bucket: Bucket, filter: Record<string, string>, text: string, title: string) =>
    by === "day" ? <RowsLink date={bucket.date} filter={{ ...filter, ...only }} title={title}>{text}</RowsLink>
      : <RowsLink date={null} filter={{ ...filter, ...only, from: new Date(startOf(bucket.date, zone)).toISOString(), to: new Date(startOf(addDays(bucket.last, 1), zone)).toISOString() }} title={title}>{text}</RowsLink>;
  return (
    <div className="trends-table" tabIndex={0} role="region" aria-label={`Every ${by}`}>
      <table className="table">
        <thead><tr><th scope="col">{by === "day" ? "Day" : "Week from"}</th><th scope="col" className="right">Attempts</th><th scope="col" className="right">Leads</th><th scope="col" className="right">Failures</th><th scope="col" className="right">Failed</th><th scope="col" className="right trends-wide">People</th><th scope="col" className="trends-wide">State</th><th scope="col">Books</th></tr></thead>
        <tbody>
          {rows.map((bucket) => (
            <tr key={bucket.date}>
              <td className="nowrap"><a href={href({ screen: "days", item: bucket.date, open: null })}>{dayWords(bucket.date, today)}</a></td>
              <td className="right number">{link(bucket, {}, short(bucket.attempts), exact(bucket.attempts))}</td>
              <td className="right number">{link(bucket, { outcome: "success" }, short(bucket.leads), exact(bucket.leads))}</td>
              <td className="right number">{link(bucket, { outcome: "failure" }, short(bucket.failures), exact(bucket.failures))}</td>
              <td className="right number">{bucket.attempts > 0 ? percent(bucket.failures / bucket.attempts) : "\u2013"}</td>
              <td className="right number quiet trends-wide">{bucket.users === null ? "\u2013" : short(bucket.users)}</td>
              <td className="quiet trends-wide">{bucket.closed === null ? "\u2013" : bucket.closed ? "closed" : "open"}</td>
              <td><Flag good={bucket.balanced} yes="Balance" no="Off" /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
