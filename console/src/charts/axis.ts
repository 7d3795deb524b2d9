/** Time axes in the project's zone. */
import { DAY, HOUR, MINUTE, clockOnce, dateOf, dayWords, monthName, startOf, timeOfDay, addDays } from "../words/times";

export interface TimeAxis {
  zone: string;
  /** A bucket in words, for tips and tables: "14:00 to 15:00". */
  words: (from: number, to: number) => string;
}

export interface Tick {
  at: number;
  text: string;
}

export function timeAxis(zone: string, today: string): TimeAxis {
  return {
    zone,
    words: (from, to) => {
      const date = dateOf(from, zone);
      if (to - from >= 20 * HOUR) return dayWords(date, today);
      const times = to - from <= MINUTE ? clockOnce(from, zone) : `${clockOnce(from, zone)} to ${clockOnce(to, zone)}`;
      return date === today ? times : `${dayWords(date, today)}, ${times}`;
    },
  };
}

const LABEL_WIDTH = 58;

/** Ticks at round local times, as many as have room. */
export function timeTicks(axis: TimeAxis, from: number, to: number, width: number): Tick[] {
  const room = Math.max(2, Math.floor(width / LABEL_WIDTH));
  if (to - from > 2.2 * DAY) return dayTicks(axis.zone, from, to, room);
  const step = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR]
    .find((candidate) => (to - from) / candidate <= room) ?? DAY;
  const ticks: Tick[] = [];
  const stride = Math.min(step, HOUR);
  for (let at = Math.ceil(from / MINUTE) * MINUTE; at < to; at += stride) {
    // The zone's hours need not begin with those of UTC, and a change of the clocks may move them.
    const beyond = timeOfDay(at, axis.zone) % stride;
    if (beyond !== 0) at += stride - beyond;
    if (at < to && timeOfDay(at, axis.zone) % step === 0) ticks.push({ at, text: clockOnce(at, axis.zone) });
  }
  return ticks;
}

function dayTicks(zone: string, from: number, to: number, room: number): Tick[] {
  const days = Math.ceil((to - from) / DAY);
  const every = [1, 2, 3, 7, 14, 30].find((candidate) => days / candidate <= room) ?? 60;
  const ticks: Tick[] = [];
  let date = dateOf(from, zone);
  if (startOf(date, zone) < from) date = addDays(date, 1);
  for (; startOf(date, zone) < to; date = addDays(date, every)) {
    ticks.push({ at: startOf(date, zone), text: `${Number(date.slice(8))} ${monthName(date)}` });
  }
  return ticks;
}
