import type { Day } from "../api/days";
import { useWidth } from "../parts/useSize";
import { counted, percent } from "../words/numbers";
import { addDays, dayWords, monthName, weekday } from "../words/times";
import "./calendar.css";

const GAP = 3;
const LEFT = 36;
const TOP = 18;
const CELL_MAX = 26;
const CELL_MIN = 13;
const ROW_NAMES = ["Mon", "", "Wed", "", "Fri", "", "Sun"];
/** Upper bounds of the levels 1 to 6: the share of attempts that failed. */
const BOUNDS = [0.04, 0.08, 0.12, 0.18, 0.3, 1];

interface CalendarProps {
  days: readonly Day[];
  today: string;
  weeks: number;
  hrefOf: (date: string) => string;
}

/** Weeks side by side, a day a cell, darker the larger the share of attempts that failed. Each cell opens its day. */
export function CalendarHeat({ days, today, weeks, hrefOf }: CalendarProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const room = Math.max(4, Math.min(weeks, Math.floor((width - LEFT) / (CELL_MIN + GAP))));
  const cell = Math.max(CELL_MIN, Math.min(CELL_MAX, Math.floor((width - LEFT) / room) - GAP));
  const known = new Map(days.map((day) => [day.date, day]));
  const monday = addDays(today, -weekday(today) - 7 * (room - 1));
  const columns = Array.from({ length: room }, (_, week) => addDays(monday, 7 * week));
  const height = TOP + 7 * (cell + GAP);
  return (
    <div ref={box} className="calendar">
      <svg width={LEFT + room * (cell + GAP)} height={height} role="group" aria-label="Days by share of attempts that failed">
        {ROW_NAMES.map((name, row) => <text key={row} className="axis-text" x="0" y={TOP + row * (cell + GAP) + cell / 2 + 4}>{name}</text>)}
        {columns.map((start, week) => {
          const label = week === 0 || start.slice(5, 7) !== columns[week - 1]?.slice(5, 7);
          return (
            <g key={start}>
              {label && <text className="axis-text" x={LEFT + week * (cell + GAP)} y="11">{monthName(start)}</text>}
              {Array.from({ length: 7 }, (_, row) => {
                const date = addDays(start, row);
                return date > today ? null : <Cell key={date} date={date} day={known.get(date)} today={today} x={LEFT + week * (cell + GAP)} y={TOP + row * (cell + GAP)} size={cell} href={hrefOf(date)} />;
              })}
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function Cell({ date, day, today, x, y, size, href }: { date: string; day: Day | undefined; today: string; x: number; y: number; size: number; href: string }) {
  if (!day || day.attempts === 0) return <rect className="calendar-none" x={x + 0.5} y={y + 0.5} width={size - 1} height={size - 1} rx="3"><title>{`${dayWords(date, today)}: no attempts`}</title></rect>;
  const said = `${dayWords(date, today)}: ${counted(day.attempts, "attempt")}, ${day.failure_share === null ? "no" : percent(day.failure_share)} failed, ${day.state}${day.balanced === false ? ", books off" : ""}`;
  return (
    <a href={href} aria-label={said} className="calendar-day">
      <title>{said}</title>
      <rect className={`heat-${levelOf(day.failure_share ?? 0)}`} x={x} y={y} width={size} height={size} rx="3" />
      {date === today && <rect className="calendar-today" x={x + 1} y={y + 1} width={size - 2} height={size - 2} rx="2" />}
      {day.balanced === false && <path className="calendar-off" d={`M${x + 4} ${y + 4}l${size - 8} ${size - 8}m0 ${8 - size}l${8 - size} ${size - 8}`} />}
    </a>
  );
}

export function FailureKey() {
  return (
    <p className="heat-key calendar-key">
      <span>0</span>
      <svg width="98" height="10" aria-hidden="true">{[0, 1, 2, 3, 4, 5, 6].map((level) => <rect key={level} className={`heat-${level}`} x={level * 14} width="13" height="10" rx="2" />)}</svg>
      <span>over {percent(BOUNDS[4] ?? 0.3)} failed</span>
      <span className="calendar-key-none"><svg width="13" height="10" aria-hidden="true"><rect className="calendar-none" x="0.5" y="0.5" width="12" height="9" rx="2" /></svg> no attempts</span>
    </p>
  );
}

function levelOf(share: number): number {
  if (share <= 0) return 0;
  return BOUNDS.findIndex((bound) => share <= bound) + 1 || 6;
}
