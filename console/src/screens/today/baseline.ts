import type { Overview } from "../../api/analytics";
import { weekdayName } from "../../words/times";

export interface Baseline {
  attempts: number;
  leads: number;
  success_share: number | null;
  /** "last Saturday", "the last 3 Saturdays", "the last 6 days" */
  name: string;
  /** The same without articles, for narrow places. */
  short: string;
  /** " by now" where the days before are counted up to the same time of day. */
  condition: string;
}

/** With fewer attempts than this a comparison says more about chance than about the day. */
export const BASELINE_ATTEMPTS_MIN = 20;

/** What the day is compared with: the same weekday before, else the days before; null when there is too little of either. */
export function baseline(data: Overview): Baseline | null {
  const { same_weekday, seven_days } = data.trailing;
  const weekday = weekdayName(data.date);
  const condition = data.is_today ? " by now" : "";
  if (same_weekday && same_weekday.days * same_weekday.attempts >= BASELINE_ATTEMPTS_MIN) {
    const one = same_weekday.days === 1;
    return { ...same_weekday, condition, name: one ? `last ${weekday}` : `the last ${same_weekday.days} ${weekday}s`, short: one ? `last ${weekday}` : `${same_weekday.days} ${weekday}s` };
  }
  if (seven_days && seven_days.days * seven_days.attempts >= BASELINE_ATTEMPTS_MIN) {
    const one = seven_days.days === 1;
    return { ...seven_days, condition, name: one ? "the day before" : `the last ${seven_days.days} days`, short: one ? "the day before" : `${seven_days.days} days` };
  }
  return null;
}
