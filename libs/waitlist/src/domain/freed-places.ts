/** A stretch of an event's past, such as a day. */
export interface Period {
  /** Sold places times days, weighted by `weightedDays`. */
  exposure: number;
  /** Places that were freed. */
  freed: number;
}

/** Places that are sold, and may come free. */
export interface SoldPlaces {
  places: number;
  /** Days since they were sold. */
  age: number;
}

/** How fast places come free. */
export interface FreedPace {
  /** Places a sold place and weighted day: a day of the last month, of a place that was just sold. */
  rate: number;
  /** How sure that is: as after so many freed places. */
  shape: number;
  /** Variance over mean of what a period frees: places come free in parties. */
  dispersion: number;
}

/**
 * What is believed of an event without a past, chosen on the reservations of `data/` that arrived before July 2016 and tried on
 * those after (docs/waitlist-estimates.md): `rate` cancellations a place and weighted day; `shape` and `dispersion` with their
 * weights in places and periods.
 */
const PRIOR = { rate: 0.0186, shape: 8, dispersion: 1.6, periods: 30 };
/** The pace of what comes differs from that of the past: it is never known better than after so many places. */
const SUREST = 4;

/** Cancellations a day, as a share of those of the last month, by days before the start: measured as above. */
const SEASONS: readonly (readonly [upTo: number, weight: number])[] = [
  [30, 1],
  [90, 0.76],
  [Infinity, 0.39],
];
/** Who has had a place for long seldom gives it back: of places `age` days old, `(1 + age) ** -AGING` as many. Measured likewise. */
const AGING = 0.34;

/**
 * The days from `from` to `to` days before the start (0 or less: none), each by how many it frees of places that are `age` days old
 * when they begin.
 */
export function weightedDays(from: number, to: number, age: number): number {
  let sum = 0;
  let begin = 0;
  for (const [end, weight] of SEASONS) {
    const [first, last] = [Math.min(from, end), Math.max(to, begin)];
    if (first > last) sum += weight * (aged(age + from - last) - aged(age + from - first));
    begin = end;
  }
  return sum;
}

/** The days since the sale, each by how many places it frees. */
function aged(days: number): number {
  return (1 + days) ** (1 - AGING) / (1 - AGING);
}

/** Learns from an event's own past, the less there is of it the more from the prior. */
export function paceOf(past: readonly Period[]): FreedPace {
  const [freed, exposure] = [sum(past, ({ freed }) => freed), sum(past, ({ exposure }) => exposure)];
  const rate = (PRIOR.shape + freed) / (PRIOR.shape / PRIOR.rate + exposure);
  const squares = sum(past, (period) => {
    const expected = rate * period.exposure;
    return expected > 0 ? (period.freed - expected) ** 2 / expected : 0;
  });
  const dispersion = Math.max(
    1.01,
    (PRIOR.periods * PRIOR.dispersion + squares) / (PRIOR.periods + past.length),
  );
  // Places that come free together say as much as one.
  const shape = 1 / (1 / (PRIOR.shape + freed / dispersion) + 1 / SUREST);
  return { rate, shape, dispersion };
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
