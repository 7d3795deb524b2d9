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
        // A day that goes on is a part of one: the average is of whole days, as on Trends.
        const running = data.is_today ? data.today : { attempts: 0, leads: 0, failures: 0, events: 0 };
        const days = data.all_time.days - (data.is_today ? 1 : 0);
        const average = (all: number, now: number) => (days > 0 ? short(Math.round((all - now) / days)) : "\u2013");
        const whole = data.all_time.attempts - running.attempts;
        const succeeded = days > 0 && whole > 0 ? (whole - data.all_time.failures + running.failures) / whole : null;
        const rows: [string, number, number, number, Record<string, string> | null][] = [
          ["Attempts", data.today.attempts, data.all_time.attempts, running.attempts, {}],
          ["Leads", data.today.leads, data.all_time.leads, running.leads, { outcome: "success" }],
          ["Failures", data.today.failures, data.all_time.failures, running.failures, { outcome: "failure" }],
          ["Events", data.today.events, data.all_time.events, running.events, null],
        ];
        const since = data.all_time.first_day;
        const until = new Date(startOf(addDays(data.date, 1), zone)).toISOString();
        const ofDay = (value: number, filter: Record<string, string> | null) => (filter ? <RowsLink date={data.date} filter={filter} title={exact(value)}>{short(value)}</RowsLink> : short(value));
        const ofAll = (value: number, filter: Record<string, string> | null) =>
          filter && since ? <RowsLink date={null} filter={{ ...filter, from: new Date(startOf(since, zone)).toISOString(), to: until }} title={exact(value)}>{short(value)}</RowsLink> : short(value);
        return (
          <>
            <table className="table">
              <thead><tr><th scope="col"><span className="unseen">What</span></th><th scope="col" className="right">{data.is_today ? "Today" : dayWords(data.date, today)}</th><th scope="col" className="right">A whole day, on average</th><th scope="col" className="right">{data.is_today ? "All time" : "Until then"}</th></tr></thead>
              <tbody>
                {rows.map(([name, now, all, part, filter]) => (
                  <tr key={name}><td>{name}</td><td className="right number" title={exact(now)}><b>{ofDay(now, filter)}</b></td><td className="right number quiet">{average(all, part)}</td><td className="right number quiet" title={exact(all)}>{ofAll(all, filter)}</td></tr>
                ))}
                <tr><td>Succeeded</td><td className="right number"><b>{share(data.today.success_share)}</b></td><td className="right number quiet">{share(succeeded)}</td><td className="right number quiet">{share(data.all_time.success_share)}</td></tr>
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
