import type { DaySignal } from "../../api/days";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { counted } from "../../words/numbers";
import { causesOf, figureWords, tidied } from "../../words/signals";
import { datedMoment, moment } from "../../words/times";
import { Icon } from "../Icon";
import { useDated } from "../Moment";
import { RowsLink } from "../RowsLink";
import { signalRows } from "./signalRows";
import "./signals.css";

const FILLED = { high: 3, medium: 2, low: 1 } as const;

/** What looks like a wrong setting, the surest first: what was seen, what is usual, how sure that is, and the rows. */
export function Signals({ signals, date }: { signals: readonly DaySignal[]; date: string }) {
  return (
    <ul className="day-signals">
      {causesOf(signals).map(({ main, also }) => (
        <li key={main.id} className={`day-signal day-signal-${main.confidence}`}>
          <Signal signal={main} date={date} />
          {also.length > 0 && (
            <ul className="day-signal-also" aria-label="Seen from other sides">
              {also.map((signal) => <li key={signal.id}><Signal signal={signal} date={date} /></li>)}
            </ul>
          )}
        </li>
      ))}
    </ul>
  );
}

function Signal({ signal, date }: { signal: DaySignal; date: string }) {
  const { zone } = useScope();
  const now = useNow(60_000);
  const { baseline, observed, since } = signal;
  const said = useDated() ? datedMoment : moment;
  const rows = signalRows(signal);
  return (
    <>
      <p className="day-signal-title"><strong>{signal.title}</strong> <Confidence level={signal.confidence} /></p>
      {signal.evidence.map((text, index) => <p key={index} className="quiet">{tidied(text)}</p>)}
      <p className="day-signal-facts">
        {observed !== null && <span><span className="quieter">seen</span> <b className="number">{figureWords(observed)}</b>{baseline && <>, <span className="quieter">usually</span> <span className="number">{figureWords(baseline.value)}</span></>}{baseline && baseline.days !== null && baseline.days > 0 && <span className="quieter"> over {counted(baseline.days, "day")}</span>}</span>}
        {since !== null && <span><span className="quieter">since</span> <span className="number">{said(since, zone, now)}</span></span>}
        <code className="quieter">{signal.detector}</code>
        {rows && rows.count !== 0 && <RowsLink filter={rows.filter} date={date}>{rows.count === null ? "its attempts" : counted(rows.count, "attempt")}</RowsLink>}
      </p>
    </>
  );
}

/** How sure: three strokes, and the word. */
function Confidence({ level }: { level: DaySignal["confidence"] }) {
  const filled = FILLED[level];
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
