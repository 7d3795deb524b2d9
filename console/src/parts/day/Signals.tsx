import type { DaySignal } from "../../api/days";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { counted } from "../../words/numbers";
import { moment } from "../../words/times";
import { Icon } from "../Icon";
import { RowsLink } from "../RowsLink";
import { signalRows } from "./signalRows";
import "./signals.css";

const ORDER = { high: 0, medium: 1, low: 2 } as const;

/** What looks like a wrong setting, the surest first: what was seen, what is usual, how sure that is, and the rows. */
export function Signals({ signals, date }: { signals: readonly DaySignal[]; date: string }) {
  const sorted = [...signals].sort((one, other) => ORDER[one.confidence] - ORDER[other.confidence]);
  return <ul className="day-signals">{sorted.map((signal) => <Signal key={signal.id} signal={signal} date={date} />)}</ul>;
}

function Signal({ signal, date }: { signal: DaySignal; date: string }) {
  const { zone } = useScope();
  const now = useNow(60_000);
  const { baseline, observed, since } = signal;
  const rows = signalRows(signal);
  return (
    <li className={`day-signal day-signal-${signal.confidence}`}>
      <p className="day-signal-title"><strong>{signal.title}</strong> <Confidence level={signal.confidence} /></p>
      {signal.evidence.map((text, index) => <p key={index} className="quiet">{text}</p>)}
      <p className="day-signal-facts">
        {observed !== null && <span><span className="quieter">seen</span> <b className="number">{observed}</b></span>}
        {baseline && <span><span className="quieter">usual</span> <span className="number">{baseline.value}</span>{baseline.days !== null && baseline.days > 0 && <span className="quieter"> over {counted(baseline.days, "day")}</span>}</span>}
        {since !== null && <span><span className="quieter">since</span> <span className="number">{moment(since, zone, now)}</span></span>}
        <code className="quieter">{signal.detector}</code>
        {rows && rows.count !== 0 && <RowsLink filter={rows.filter} date={date}>{rows.count === null ? "its attempts" : counted(rows.count, "attempt")}</RowsLink>}
      </p>
    </li>
  );
}

/** How sure: three strokes, and the word. */
function Confidence({ level }: { level: DaySignal["confidence"] }) {
  const filled = 3 - ORDER[level];
  return (
    <span className="day-confidence">
      <svg width="17" height="10" aria-hidden="true">{[0, 1, 2].map((index) => <rect key={index} className={index < filled ? "confidence-on" : "confidence-off"} x={index * 6} y={6 - 3 * index} width="4" height={4 + 3 * index} rx="1" />)}</svg>
      {level} confidence
    </span>
  );
}

export function NoSignals({ attempts }: { attempts: number }) {
  return <p className="quiet no-signals"><span className="mark-good"><Icon name="check" size={14} />Nothing looks like a wrong setting</span>{attempts < 50 && <span className="quieter">, though few attempts came: little can be told from them</span>}.</p>;
}
