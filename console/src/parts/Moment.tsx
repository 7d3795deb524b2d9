import { useNow } from "../state/now";
import { useScope } from "../state/project";
import { moment, momentSeconds, utc } from "../words/times";

/** A time in the project's zone; UTC and the full precision on hover. */
export function Moment({ at, seconds = false }: { at: number; seconds?: boolean }) {
  const { zone } = useScope();
  const now = useNow(60_000);
  const said = (seconds ? momentSeconds : moment)(at, zone, now);
  return <time className="nowrap number" dateTime={new Date(at).toISOString()} title={`${utc(at)} (shown in ${zone})`}>{said}</time>;
}
