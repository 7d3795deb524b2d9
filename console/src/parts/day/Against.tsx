import type { Comparison, Mean } from "../../api/days";
import { change, counted, exact, percent, points, short } from "../../words/numbers";
import { weekdayName } from "../../words/times";
import "./signals.css";

export interface OwnCounts {
  attempts: number;
  leads: number;
  failures: number;
}

/** With fewer attempts a day than this, a difference says more about chance than about the day. */
const NOTABLE_ATTEMPTS_MIN = 20;
const POINTS_NOTABLE = 3;

/**
 * The day beside the days before it, those of its weekday, and all on record. These are whole days: against a day that goes on
 * their numbers stand without a difference: of counts it would only say how late it is, and the hours fail unlike each other.
 */
export function Against({ own, comparison, date, heading, open = false }: { own: OwnCounts; comparison: Comparison; date: string; heading: string; open?: boolean }) {
  const columns: [string, Mean | null][] = [
    [`${counted(comparison.trailing_seven_days?.days ?? 0, "day")} before`, comparison.trailing_seven_days],
    [counted(comparison.same_weekday?.days ?? 0, weekdayName(date)), comparison.same_weekday],
    [`All ${counted(comparison.all_time?.days ?? 0, "day")}`, comparison.all_time],
  ];
  const shown = columns.filter((entry): entry is [string, Mean] => entry[1] !== null && entry[1].days > 0);
  const share = own.attempts > 0 ? own.failures / own.attempts : null;
  if (shown.length === 0) return <p className="quieter">There is no closed day before this one to compare with.</p>;
  const rows: [string, number, (mean: Mean) => number | null][] = [
    ["Attempts", own.attempts, (mean) => mean.attempts_mean],
    ["Leads", own.leads, (mean) => mean.leads_mean],
    ["Failures", own.failures, (mean) => mean.failures_mean],
  ];
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="This day and the averages of others">
      <table className="table against">
        <thead><tr><th scope="col"><span className="unseen">What</span></th><th scope="col" className="right">{heading}</th>{shown.map(([name]) => <th key={name} scope="col" className="right" title="Averages a day, of whole days">{name}</th>)}</tr></thead>
        <tbody>
          {rows.map(([name, value, of]) => (
            <tr key={name}>
              <td>{name}</td><td className="right number" title={exact(value)}><b>{short(value)}</b></td>
              {shown.map(([column, mean]) => <td key={column} className="right number quiet"><Against1 own={open ? null : value} usual={of(mean)} /></td>)}
            </tr>
          ))}
          <tr>
            <td>Failed</td><td className="right number"><b>{share === null ? "\u2013" : percent(share)}</b></td>
            {shown.map(([column, mean]) => <td key={column} className="right number quiet"><AgainstShare own={open ? null : share} mean={mean} /></td>)}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Against1({ own, usual }: { own: number | null; usual: number | null }) {
  if (usual === null) return <>{"\u2013"}</>;
  const said = own === null ? null : change(own, usual);
  return <>{short(Math.round(usual))}{said && <span className="quieter against-change">{said}</span>}</>;
}

function AgainstShare({ own, mean }: { own: number | null; mean: Mean }) {
  if (mean.failure_share === null) return <>{"\u2013"}</>;
  const difference = own === null ? null : points(own, mean.failure_share);
  const bad = difference !== null && difference.value >= POINTS_NOTABLE && (mean.attempts_mean ?? 0) >= NOTABLE_ATTEMPTS_MIN;
  return <>{percent(mean.failure_share)}{difference && <span className={`against-change ${bad ? "bad" : "quieter"}`}>{difference.value === 0 ? "the same" : `${difference.text} ${difference.value > 0 ? "above" : "below"}`}</span>}</>;
}
