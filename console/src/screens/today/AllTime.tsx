import type { Overview } from "../../api/analytics";
import { TableBones } from "../../parts/FunnelSteps";
import { Panel } from "../../parts/Panel";
import { useScope } from "../../state/project";
import { Resource } from "../../state/useAnswer";
import { exact, percent, short } from "../../words/numbers";
import { dayWords } from "../../words/times";

/** The day against everything on record. */
export function AllTime({ overview }: { overview: Resource<Overview> }) {
  const { today } = useScope();
  return (
    <Panel title="Against all time" resource={overview} skeleton={<TableBones rows={4} />}>
      {(data) => {
        const days = Math.max(1, data.all_time.days);
        const rows: [string, number, number][] = [
          ["Attempts", data.today.attempts, data.all_time.attempts],
          ["Leads", data.today.leads, data.all_time.leads],
          ["Failures", data.today.failures, data.all_time.failures],
          ["Events", data.today.events, data.all_time.events],
        ];
        return (
          <>
            <table className="table">
              <thead><tr><th scope="col"><span className="unseen">What</span></th><th scope="col" className="right">{data.is_today ? "Today" : dayWords(data.date, today)}</th><th scope="col" className="right">A day, on average</th><th scope="col" className="right">All time</th></tr></thead>
              <tbody>
                {rows.map(([name, now, all]) => (
                  <tr key={name}><td>{name}</td><td className="right number" title={exact(now)}><b>{short(now)}</b></td><td className="right number quiet">{short(Math.round(all / days))}</td><td className="right number quiet" title={exact(all)}>{short(all)}</td></tr>
                ))}
                <tr><td>Succeeded</td><td className="right number"><b>{share(data.today.success_share)}</b></td><td className="right number quiet">{share(data.all_time.success_share)}</td><td className="right number quiet">{share(data.all_time.success_share)}</td></tr>
              </tbody>
            </table>
            {data.all_time.first_day && <p className="quieter today-since">On record since {dayWords(data.all_time.first_day, today)}, {data.all_time.days === 1 ? "one day" : `${exact(data.all_time.days)} days`}.</p>}
          </>
        );
      }}
    </Panel>
  );
}

function share(value: number | null): string {
  return value === null ? "\u2013" : percent(value);
}
