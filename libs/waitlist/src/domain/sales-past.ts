import { type Period, weightedDays } from './freed-places.js';

/** What happened on one day of an event's sales: `day` 3 is from 4 to 3 days before its start. */
export interface SalesDay {
  day: number;
  sold: number;
  /** Of what was sold on an earlier day. */
  freed: number;
  /** Of what was sold on this day. */
  freedAtOnce: number;
}

/** Days of the past that are looked at: an older pace says little about that of now. */
export const PAST_DAYS = 180;

/** An event's past up to `today`, which is not over. Days may be missing, and come in any order. */
export function pastOf(days: readonly SalesDay[], today: number): Period[] {
  const byDay = new Map(days.map((day) => [day.day, day]));
  const first = Math.max(...days.map(({ day }) => day));
  let live = 0;
  const periods: Period[] = [];
  for (let day = first; day > today; day--) {
    const { sold, freed, freedAtOnce } = byDay.get(day) ?? { sold: 0, freed: 0, freedAtOnce: 0 };
    if (live > 0 && day <= today + PAST_DAYS) {
      periods.push({ exposure: live * weightedDays(day + 1, day), freed });
    }
    live += sold - freed - freedAtOnce;
  }
  return periods;
}
