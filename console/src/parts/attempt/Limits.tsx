import type { LimitVerdict } from "../../api/attempts";
import { duration, exact } from "../../words/numbers";
import { CopyId } from "../Copy";
import { Icon } from "../Icon";
import { Moment } from "../Moment";
import "./attempt.css";

const SUBJECTS: Record<string, string> = { user: "this person", source: "this source", key: "this API key" };

/** Each limit that was asked: its state as a bar, and when this attempt would have passed. Those that refused stand first. */
export function Limits({ limits, receivedAt }: { limits: readonly LimitVerdict[]; receivedAt: number }) {
  const sorted = [...limits].sort((one, other) => Number(one.allowed) - Number(other.allowed));
  return <ul className="limits">{sorted.map((limit) => <Limit key={`${limit.rule_id} ${limit.subject}`} limit={limit} receivedAt={receivedAt} />)}</ul>;
}

function Limit({ limit, receivedAt }: { limit: LimitVerdict; receivedAt: number }) {
  const capacity = capacityOf(limit);
  const left = Math.max(0, Math.floor(limit.remaining ?? capacity));
  const per = limit.window_seconds === 60 ? "a minute" : limit.window_seconds === 3600 ? "an hour" : limit.window_seconds === 86_400 ? "a day" : `in ${duration(limit.window_seconds * 1000)}`;
  const wait = limit.passes_at === null ? null : limit.passes_at - receivedAt;
  return (
    <li className="limit">
      <p className="limit-head">
        {limit.allowed ? <span className="mark-good"><Icon name="check" size={14} />Let through</span> : <span className="mark-bad"><Icon name="cross" size={14} />Turned away</span>}
        <span>At most <b>{exact(limit.limit)} {per}</b> from {SUBJECTS[limit.applies_to] ?? limit.applies_to}</span>
        <code className="quieter">{limit.rule_id}</code>
      </p>
      <LimitBar capacity={capacity} used={Math.max(0, capacity - left - (limit.allowed ? 1 : 0))} allowed={limit.allowed} />
      <p className="quiet">
        {limit.allowed
          ? left > 0 ? `${exact(left)} more could follow at once.` : <>It was the last one for now{limit.passes_at !== null && wait !== null && wait > 0 && <>: the next passes at <Moment at={limit.passes_at} seconds /></>}.</>
          : limit.passes_at !== null && wait !== null ? <>It would have passed at <b><Moment at={limit.passes_at} seconds /></b>, {duration(Math.max(0, wait))} later.</> : "It is not known when it would have passed."}{" "}
        <span className="quieter">{limit.algorithm.replace(/_/g, " ")}{limit.before !== null && limit.after !== null && <>, {stateWords(limit.before)} before and {stateWords(limit.after)} after</>}</span>
        {limit.subject && limit.subject.length > 12 && <> <CopyId id={limit.subject} /></>}
      </p>
    </li>
  );
}

const CELLS_MAX = 30;
const WIDTH = 320;

/** What was used before, this attempt, and what was left: as single cells while they can be told apart, else as lengths. */
export function LimitBar({ capacity, used, allowed }: { capacity: number; used: number; allowed: boolean }) {
  const said = `${exact(Math.round(used))} of ${exact(Math.round(capacity))} used before this attempt, which was ${allowed ? "let through" : "turned away"}`;
  const whole = Math.max(1, Math.round(capacity));
  if (whole <= CELLS_MAX) {
    const extra = allowed ? 0 : 1;
    const cell = Math.min(22, WIDTH / (whole + extra));
    return (
      <svg className="limit-bar" width={Math.ceil(cell * (whole + extra)) + 2} height="14" role="img" aria-label={said}>
        {Array.from({ length: whole }, (_, index) => <rect key={index} className={index < used ? "limit-used" : index === Math.round(used) && allowed ? "limit-this" : "limit-left"} x={index * cell} width={cell - 2} y="1" height="12" rx="2" />)}
        {!allowed && <Refused x={whole * cell + 2} width={Math.max(7, cell - 4)} />}
      </svg>
    );
  }
  const x = (value: number) => (value / whole) * (WIDTH - 16);
  return (
    <svg className="limit-bar" width={WIDTH} height="14" role="img" aria-label={said}>
      <rect className="limit-left" width={WIDTH - 16} y="1" height="12" rx="2" />
      <rect className="limit-used" width={x(Math.min(used, whole))} y="1" height="12" rx="2" />
      {allowed ? <rect className="limit-this" x={x(used)} width={Math.max(3, x(1))} y="1" height="12" /> : <Refused x={WIDTH - 12} width={9} />}
    </svg>
  );
}

function Refused({ x, width }: { x: number; width: number }) {
  return <path className="limit-refused" d={`M${x} 3l${width} 8m0 -8l-${width} 8`} />;
}

function capacityOf(limit: LimitVerdict): number {
  return limit.algorithm === "token_bucket" ? limit.burst ?? limit.limit : limit.limit;
}

function stateWords(value: number): string {
  return Number.isInteger(value) ? exact(value) : value.toFixed(2);
}
