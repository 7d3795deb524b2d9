import { createContext, useContext } from "react";
import { useNow } from "../state/now";
import { useScope } from "../state/project";
import { datedMoment, moment, momentSeconds, utc } from "../words/times";

/** True on a page about another day than today: a time without its date would be taken for one of that day. */
export const Dated = createContext(false);
export const useDated = (): boolean => useContext(Dated);

/** A time in the project's zone; UTC and the full precision on hover. */
export function Moment({ at, seconds = false }: { at: number; seconds?: boolean }) {
  const { zone } = useScope();
  const now = useNow(60_000);
  const dated = useDated();
  const said = (seconds ? momentSeconds : dated ? datedMoment : moment)(at, zone, now);
  return <time className="nowrap number" dateTime={new Date(at).toISOString()} title={`${utc(at)} (shown in ${zone})`}>{said}</time>;
}
