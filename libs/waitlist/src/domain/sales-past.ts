import { type Period, type SoldPlaces, weightedDays } from './freed-places.js';

/** Places that were sold on one day, and freed on one or not yet. Day 3 is from 4 to 3 days before the start. */
export interface Sales {
  soldOn: number;
  freedOn: number | null;
  places: number;
}

/** Days of the past that are looked at: an older pace says little about that of now. */
export const PAST_DAYS = 180;
/** Places whose ages differ by less than a factor of the square root of two are taken together: some 20 ages in all. */
const AGES_AN_OCTAVE = 2;

/** How places came free up to `today`, which is not over. In any order; what was freed on the day of its sale does not count. */
export function pastOf(sales: readonly Sales[], today: number): Period[] {
  const lasting = sales.filter(({ soldOn, freedOn }) => soldOn !== freedOn);
  const sold = Map.groupBy(lasting, ({ soldOn }) => soldOn);
  const freed = Map.groupBy(lasting, ({ freedOn }) => freedOn);
  /** By the day on which they were sold. */
  const live = new Map<number, number>();
  const move = (soldOn: number, places: number) => live.set(soldOn, (live.get(soldOn) ?? 0) + places);
  const periods: Period[] = [];
  for (let day = Math.max(...sold.keys()); day > today; day--) {
    const frees = freed.get(day) ?? [];
    if (day <= today + PAST_DAYS) {
      const exposure = sum(
        [...live],
        ([on, places]) => places * weightedDays(day + 1, day, ageOf(on, day + 1)),
      );
      if (exposure > 0) periods.push({ exposure, freed: sum(frees, ({ places }) => places) });
    }
    for (const { soldOn, places } of frees) move(soldOn, -places);
    for (const { soldOn, places } of sold.get(day) ?? []) move(soldOn, places);
  }
  return periods;
}

/** What is sold so many days before the start. */
export function soldAt(sales: readonly Sales[], daysToStart: number): SoldPlaces[] {
  const age = ({ soldOn }: Sales) => ageOf(soldOn, daysToStart);
  const octaves = (one: Sales) => Math.floor(AGES_AN_OCTAVE * Math.log2(1 + age(one)));
  const living = sales.filter(({ freedOn }) => freedOn === null);
  return [...Map.groupBy(living, octaves).values()].map((some) => {
    const places = sum(some, (one) => one.places);
    return { places, age: sum(some, (one) => one.places * age(one)) / places };
  });
}

/** Of places that were sold in the middle of their day. */
function ageOf(soldOn: number, daysToStart: number): number {
  return Math.max(0, soldOn + 0.5 - daysToStart);
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
