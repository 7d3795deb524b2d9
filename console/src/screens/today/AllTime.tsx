import type { Overview } from "../../api/analytics";
import { TableBones } from "../../parts/FunnelSteps";
import { Panel } from "../../parts/Panel";
import { RowsLink } from "../../parts/RowsLink";
import { useScope } from "../../state/project";
import { Resource } from "../../state/useAnswer";
import { exact, percent, short } from "../../words/numbers";
import { addDays, dayWords, startOf } from "../../words/times";

/** The day against everything on record until its end. */
export function AllTime({ overview, note }: { overview: Resource<Overview>; note: string | null }) {
  const { today, zone } = useScope();
  return (
    <Panel title="Against all time" note={note ?? undefined} resource={overview} skeleton={<TableBones rows={4} />}>
      {(data) => {
        const days = Math.max(1, data.all_time.days);
        const rows: [string, number, number, Record<string, string> | null][] = [
          ["Attempts", data.today.attempts, data.all_time.attempts, {}],
          ["Leads", data.today.leads, data.all_time.leads, { outcome: "success" }],
          ["Failures", data.today.failures, data.all_time.failures, { outcome: "failure" }],
          ["Events", data.today.events, data.all_time.events, null],
        ];
        const since = data.all_time.first_day;
        const until = new Date(startOf(addDays(data.date, 1), zone)).toISOString();
        const ofDay = (value: number, filter: Record<string, string> | null) => (filter ? <RowsLink date={data.date} filter={filter} title={exact(value)}>{short(value)}</RowsLink> : short(value));
        const ofAll = (value: number, filter: Record<string, string> | null) =>
          filter && since ? <RowsLink date={null} filter={{ ...filter, from: new Date(startOf(since, zone)).toISOString(), to: until }} title={exact(value)}>{short(value)}</RowsLink> : short(value);
        return (
          <>
            <table className="table">
              <thead><tr><th scope="col"><span className="unseen">What</span></th><th scope="col" className="right">{data.is_today ? "Today" : dayWords(data.date, today)}</th><th scope="col" className="right">A day, on average</th><th scope="col" className="right">{data.is_today ? "All time" : "Until then"}</th></tr></thead>
              <tbody>
                {rows.map(([name, now, all, filter]) => (
                  <tr key={name}><td>{name}</td><td className="right number" title={exact(now)}><b>{ofDay(now, filter)}</b></td><td className="right number quiet">{short(Math.round(all / days))}</td><td className="right number quiet" title={exact(all)}>{ofAll(all, filter)}</td></tr>
                ))}
                <tr><td>Succeeded</td><td className="right number"><b>{share(data.today.success_share)}</b></td><td className="right number quiet">{share(data.all_time.success_share)}</td><td className="right number quiet">{share(data.all_time.success_share)}</td></tr>
              </tbody>
            </table>
            {data.all_time.first_day && <p className="quieter today-since">On record since {dayWords(data.all_time.first_day, today)}, {!data.is_today && "then "}{data.all_time.days === 1 ? "one day" : `${exact(data.all_time.days)} days`}.</p>}
          </>
        );
      }}
    </Panel>
  );
}

function share(value: number | null): string {
  return value === null ? "\u2013" : percent(value);
}
