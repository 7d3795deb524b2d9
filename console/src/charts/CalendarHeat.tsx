import { KeyboardEvent, useRef, useState } from "react";
import type { Day } from "../api/days";
import { useWidth } from "../parts/useSize";
import { percent } from "../words/numbers";
import { addDays, dayWords, monthName, weekday } from "../words/times";
import { dayLine, reportIsByModel } from "../words/days";
import "./calendar.css";

const GAP = 3;
const LEFT = 36;
const TOP = 18;
const CELL_MAX = 34;
const CELL_MIN = 15;
/** Below this the small marks in the corners would touch each other. */
const CELL_WITH_MARKS = 18;
const ROW_NAMES = ["Mon", "", "Wed", "", "Fri", "", "Sun"];
/** Upper bounds of the levels 1 to 6: the share of attempts that failed. */
const BOUNDS = [0.04, 0.08, 0.12, 0.18, 0.3, 1];
/** From this level on marks are drawn light. */
const LEVEL_DARK = 4;

const ARROWS: Partial<Record<string, number>> = { ArrowLeft: -7, ArrowRight: 7, ArrowUp: -1, ArrowDown: 1 };

interface CalendarProps {
  days: readonly Day[];
  today: string;
  weeks: number;
  hrefOf: (date: string) => string;
}

/**
 * Weeks side by side, a day a cell, darker the larger the share of attempts that failed. Corners say what else there is to
 * know of a day. One stop for the Tab key; the arrows go from day to day; what is pointed at is told in words below.
 */
export function CalendarHeat({ days, today, weeks, hrefOf }: CalendarProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [pointed, point] = useState<string | null>(null);
  const [stop, setStop] = useState<string>(today);
  const svg = useRef<SVGSVGElement>(null);
  const room = Math.max(4, Math.min(weeks, Math.floor((width - LEFT) / (CELL_MIN + GAP))));
  const cell = Math.max(CELL_MIN, Math.min(CELL_MAX, Math.floor((width - LEFT) / room) - GAP));
  const known = new Map(days.map((day) => [day.date, day]));
  const monday = addDays(today, -weekday(today) - 7 * (room - 1));
  const columns = Array.from({ length: room }, (_, week) => addDays(monday, 7 * week));
  const height = TOP + 7 * (cell + GAP);
  const reachable = known.has(stop) && stop >= monday ? stop : [...known.keys()].filter((date) => date >= monday).sort().slice(-1)[0] ?? today;

  const key = (event: KeyboardEvent<SVGSVGElement>) => {
    const by = ARROWS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const step: number = by;
    for (let date = addDays(reachable, step); date >= monday && date <= today; date = addDays(date, step)) {
      const link = svg.current?.querySelector<SVGAElement>(`[data-date="${date}"]`);
      if (!link) continue;
      setStop(date);
      link.focus();
      return;
    }
  };
  const told = pointed === null ? undefined : known.get(pointed);
  return (
    <div className="calendar">
      <div ref={box} className="calendar-scroll">
        <svg ref={svg} width={LEFT + room * (cell + GAP)} height={height} role="group" aria-label="Days by share of attempts that failed" onKeyDown={key} onPointerLeave={() => point(null)}>
          {ROW_NAMES.map((name, row) => <text key={row} className="axis-text" x="0" y={TOP + row * (cell + GAP) + cell / 2 + 4}>{name}</text>)}
          {columns.map((start, week) => {
            const label = week === 0 || start.slice(5, 7) !== columns[week - 1]?.slice(5, 7);
            return (
              <g key={start}>
                {label && <text className="axis-text" x={LEFT + week * (cell + GAP)} y="11">{monthName(start)}</text>}
                {Array.from({ length: 7 }, (_, row) => {
                  const date = addDays(start, row);
                  return date > today ? null : (
                    <Cell key={date} date={date} day={known.get(date)} today={today} x={LEFT + week * (cell + GAP)} y={TOP + row * (cell + GAP)} size={cell}
                      href={hrefOf(date)} isStop={date === reachable} onPoint={point} />
                  );
                })}
              </g>
            );
          })}
        </svg>
      </div>
      <p className="calendar-told" aria-live="off">{told ? <><b>{dayWords(told.date, today)}</b> {dayLine(told)}</> : <span className="quieter">Point at a day to read it; open it for everything about it.</span>}</p>
    </div>
  );
}

interface CellProps {
  date: string;
  day: Day | undefined;
  today: string;
  x: number;
  y: number;
  size: number;
  href: string;
  isStop: boolean;
  onPoint: (date: string | null) => void;
}

function Cell({ date, day, today, x, y, size, href, isStop, onPoint }: CellProps) {
  if (!day || (day.attempts === 0 && day.state === "open")) return <rect className="calendar-none" x={x + 0.5} y={y + 0.5} width={size - 1} height={size - 1} rx="3"><title>{`${dayWords(date, today)}: no attempts`}</title></rect>;
  const level = day.attempts === 0 ? 0 : levelOf(day.failure_share ?? 0);
  return (
    <a href={href} data-date={date} tabIndex={isStop ? 0 : -1} aria-label={`${dayWords(date, today)}: ${dayLine(day)}`} className={`calendar-day ${level >= LEVEL_DARK ? "calendar-dark" : ""}`}
      onPointerEnter={() => onPoint(date)} onFocus={() => onPoint(date)} onBlur={() => onPoint(null)}>
      <rect className={`heat-${level}`} x={x} y={y} width={size} height={size} rx="3" />
      {day.state !== "closed" && <rect className="calendar-open" x={x + 1} y={y + 1} width={size - 2} height={size - 2} rx="2" />}
      {size >= CELL_WITH_MARKS ? <Marks day={day} x={x} y={y} size={size} /> : day.balanced === false && <Cross x={x} y={y} size={size} />}
    </a>
  );
}

/** Corners: checked (top right), report (bottom left), late rows (bottom right); a cross over all of it when books are off. */
function Marks({ day, x, y, size }: { day: Day; x: number; y: number; size: number }) {
  const inset = 5;
  return (
    <>
      {day.verified.status === "passed" && <path className="calendar-mark" d={`M${x + size - inset - 4.5} ${y + inset + 0.5}l1.8 1.8 3.2-3.6`} />}
      {day.verified.status === "failed" && <path className="calendar-mark calendar-alarm" d={`M${x + size - inset - 4} ${y + inset - 1.5}l4 4m0-4l-4 4`} />}
      {day.report_status !== null && day.report_status !== "none" && <circle className={reportIsByModel(day.report_status) ? "calendar-dot" : "calendar-ring"} cx={x + inset + 0.5} cy={y + size - inset - 0.5} r="2" />}
      {day.late > 0 && <path className="calendar-dot" d={`M${x + size - inset - 4} ${y + size - inset + 1.5}h5l-2.5-4.4z`} />}
      {day.balanced === false && <Cross x={x} y={y} size={size} />}
    </>
  );
}

function Cross({ x, y, size }: { x: number; y: number; size: number }) {
  return <path className="calendar-off" d={`M${x + 4} ${y + 4}l${size - 8} ${size - 8}m0 ${8 - size}l${8 - size} ${size - 8}`} />;
}

export function FailureKey() {
  return (
    <div className="calendar-key">
      <span className="heat-key">
        <span>0</span>
        <svg width="98" height="10" aria-hidden="true">{[0, 1, 2, 3, 4, 5, 6].map((level) => <rect key={level} className={`heat-${level}`} x={level * 14} width="13" height="10" rx="2" />)}</svg>
        <span>over {percent(BOUNDS[4] ?? 0.3)} failed</span>
      </span>
      <Key words="open"><rect className="calendar-open" x="1" y="1" width="10" height="10" rx="2" /></Key>
      <Key words="checked"><path className="calendar-mark" d="M3 6.5l2.2 2.2 4-4.6" /></Key>
      <Key words="check failed"><path className="calendar-mark" d="M3 3.5l6 6m0-6l-6 6" /></Key>
      <Key words="report by a model"><circle className="calendar-dot" cx="6" cy="6" r="2.4" /></Key>
      <Key words="by rules"><circle className="calendar-ring" cx="6" cy="6" r="2.4" /></Key>
      <Key words="late rows"><path className="calendar-dot" d="M3 9.5h6l-3-5.4z" /></Key>
      <Key words="books off"><path className="calendar-off" d="M1 1l10 10m0-10l-10 10" /></Key>
      <Key words="no attempts"><rect className="calendar-none" x="0.5" y="0.5" width="11" height="11" rx="2" /></Key>
    </div>
  );
}

function Key({ words, children }: { words: string; children: JSX.Element }) {
  return <span className="calendar-key-one"><svg width="12" height="12" aria-hidden="true">{children}</svg>{words}</span>;
}

function levelOf(share: number): number {
  if (share <= 0) return 0;
  return BOUNDS.findIndex((bound) => share <= bound) + 1 || 6;
}
