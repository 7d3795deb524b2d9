import { useNow } from "../state/now";
import { useScope } from "../state/project";
import { clockSeconds, dateOf, dayWords, moment, utc } from "../words/times";

/** A time in the project's zone; UTC and the full precision on hover. */
export function Moment({ at, seconds = false }: { at: number; seconds?: boolean }) {
  const { zone } = useScope();
  const now = useNow(60_000);
  const date = dateOf(at, zone);
  const today = dateOf(now, zone);
  const said = seconds ? `${date === today ? "" : `${dayWords(date, today)} `}${clockSeconds(at, zone)}` : moment(at, zone, now);
  return <time className="nowrap number" dateTime={new Date(at).toISOString()} title={`${utc(at)} (shown in ${zone})`}>{said}</time>;
}
