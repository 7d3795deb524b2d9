/** Times in the project's zone, calendar dates, and the instants between them. Built on Intl alone. */

export type CalendarDate = string; // YYYY-MM-DD

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
    formats.set(key, found);
  }
  return found;
}

/** The zone itself when this browser knows it, else UTC. */
export function knownZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function wall(instant: number, zone: string): Wall {
  const parts = format(zone, "wall", {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(instant);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return {
    year: read("year"), month: read("month"), day: read("day"),
    hour: read("hour"), minute: read("minute"), second: read("second"),
  };
}

/** Milliseconds that the zone is ahead of UTC at an instant. */
function offset(instant: number, zone: string): number {
  const w = wall(instant, zone);
  return Date.UTC(w.year, w.month - 1, w.day, w.hour, w.minute, w.second) - Math.floor(instant / 1000) * 1000;
}

export function dateOf(instant: number, zone: string): CalendarDate {
  const w = wall(instant, zone);
  return `${w.year}-${pad(w.month)}-${pad(w.day)}`;
}

/** How long after midnight the zone's clocks show it to be. */
export function timeOfDay(instant: number, zone: string): number {
  const { hour, minute } = wall(instant, zone);
  return hour * HOUR + minute * MINUTE;
}

/** The first instant of a date in a zone. Where midnight is skipped by a clock change, the first instant that exists. */
export function startOf(date: CalendarDate, zone: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  let guess = midnight - offset(midnight, zone);
  guess = midnight - offset(guess, zone);
  while (dateOf(guess, zone) < date) guess += 15 * MINUTE;
  return guess;
}

export function addDays(date: CalendarDate, days: number): CalendarDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

export function daysBetween(from: CalendarDate, to: CalendarDate): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY);
}

export function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const parsed = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().slice(0, 10) === value;
}

/** 0 for Monday … 6 for Sunday. */
export function weekday(date: CalendarDate): number {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export const weekdayName = (date: CalendarDate): string => WEEKDAYS[weekday(date)] ?? "";
export const monthName = (date: CalendarDate): string => MONTHS[Number(date.slice(5, 7)) - 1] ?? "";

/** "Sat 21 Nov", with the year when it is not this one. */
export function dayWords(date: CalendarDate, today?: CalendarDate): string {
  const year = today !== undefined && date.slice(0, 4) !== today.slice(0, 4) ? ` ${date.slice(0, 4)}` : "";
  return `${weekdayName(date).slice(0, 3)} ${Number(date.slice(8))} ${monthName(date)}${year}`;
}

/** "Saturday 21 November 2026" */
export function longDay(date: CalendarDate): string {
  return format("UTC", "long", { weekday: "long", day: "numeric", month: "long", year: "numeric" })
    .format(Date.parse(`${date}T00:00:00Z`)).replace(",", "");
}

/** 14:02 */
export function clock(instant: number, zone: string): string {
  const w = wall(instant, zone);
  return `${pad(w.hour)}:${pad(w.minute)}`;
}

/** 14:02:10 */
export function clockSeconds(instant: number, zone: string): string {
  const w = wall(instant, zone);
  return `${pad(w.hour)}:${pad(w.minute)}:${pad(w.second)}`;
}

/** "14:02"; "01:30 EDT" in the hour that a clock change repeats. */
export function clockOnce(instant: number, zone: string): string {
  return `${clock(instant, zone)}${repeated(instant, zone)}`;
}

/** "14:02" today, else "Thu 19 Nov 14:02". */
export function moment(instant: number, zone: string, now: number): string {
  return onItsDay(clockOnce(instant, zone), instant, zone, now);
}

/** "Thu 19 Nov 14:02", whatever day it is. */
export function datedMoment(instant: number, zone: string, now: number): string {
  return `${dayWords(dateOf(instant, zone), dateOf(now, zone))} ${clockOnce(instant, zone)}`;
}

/** "14:02:10" today, else "Thu 19 Nov 14:02:10". */
export function momentSeconds(instant: number, zone: string, now: number): string {
  return onItsDay(`${clockSeconds(instant, zone)}${repeated(instant, zone)}`, instant, zone, now);
}

function onItsDay(clockWords: string, instant: number, zone: string, now: number): string {
  const date = dateOf(instant, zone);
  const today = dateOf(now, zone);
  return date === today ? clockWords : `${dayWords(date, today)} ${clockWords}`;
}

const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** The same text with its instants as times in the zone: servers write UTC into their messages. */
export function inZone(text: string, zone: string, now: number): string {
  return text.replace(INSTANT, (written) => momentSeconds(Date.parse(written), zone, now));
}

/** By how much clocks are changed: an hour, half of one on Lord Howe Island, two at Troll in Antarctica. */
const SHIFTS = [HOUR, 30 * MINUTE, 2 * HOUR];

/** " EDT" where the clock shows the same time twice on that day, else nothing. */
function repeated(instant: number, zone: string): string {
  const ahead = offset(instant, zone);
  // Cheap for all other days of the year: an hour is only repeated where the offset is about to change, or just did.
  const twice = SHIFTS.some((shift) => offset(instant - shift, zone) === ahead + shift || offset(instant + shift, zone) === ahead - shift);
  return twice ? ` ${zoneName(instant, zone)}` : "";
}

/** "EDT", "CET"; British English knows the names of Europe's zones and American English those of America's. */
function zoneName(instant: number, zone: string): string {
  const names = ["en-US", "en-GB"].map((language) => new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: "short" }).formatToParts(instant).find((part) => part.type === "timeZoneName")?.value ?? "UTC");
  return names.find((name) => /^[A-Z]+$/.test(name)) ?? names[0] ?? "UTC";
}

/** The same instant in UTC, for titles: 2026-11-21 14:02:10.482 UTC */
export function utc(instant: number): string {
  return `${new Date(instant).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
