import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Trial } from './calibration.js';
import { estimateOf } from './estimate.js';
import { type Period, paceOf, weightedDays } from './freed-places.js';

/** Cancellations a place and weighted day, from event to event. */
const RATES = [0.0035, 0.01, 0.018, 0.025, 0.04];
/** Places of a booking, and of an entry. */
const PARTIES = [1, 1, 1, 2, 2, 4];
/** After so many passes an entry gathers, as the lane has it. */
const PASSES = 3;
/** Steps of a day. */
const STEPS = 24;

/**
 * Estimates for entries of simulated events that are sold out, and what became of them: each event has its own rate of
 * cancellations and of accepted offers, its parties, and a queue served as the lane does: in order, who needs more
 * than is free is passed over three times, then gathers. The same
 * seed gives the same trials.
 */
export function simulatedTrials(seed: number, events: number): Trial[] {
  const random = xoroshiro128plus(seed);
  const uniform = () => uniformFloat64(random);
  const pick = <T>(of: readonly T[]) => of[Math.floor(uniform() * of.length)]!;
  return Array.from({ length: events }, () => {
    const rate = pick(RATES) * (0.5 + uniform());
    const accepts = 0.4 + 0.6 * uniform();
    const sold = Math.round(100 * 10 ** uniform());
    const daysToStart = Math.ceil(60 * uniform());
    // All were sold on one day.
    const soldOn = daysToStart + Math.ceil(90 * uniform());
    const weighted = (from: number, to: number) => weightedDays(from, to, soldOn - from);
    const freedIn = (from: number, to: number) => {
      const parties = poisson(uniform, (rate * sold * weighted(from, to)) / MEAN_PARTY);
      return Array.from({ length: parties }, () => pick(PARTIES)).reduce((sum, party) => sum + party, 0);
    };
    const past: Period[] = [];
    const offers = { made: 0, accepted: 0 };
    for (let day = soldOn; day > daysToStart; day--) {
      past.push({ exposure: sold * weighted(day, day - 1), freed: freedIn(day, day - 1) });
    }
    for (let left = past.reduce((sum, { freed }) => sum + freed, 0); left > 0; left -= 2) {
      offers.made++;
      if (uniform() < accepts) offers.accepted++;
    }
    const before = Math.floor(uniform() * 0.15 * sold);
    const queue = Array.from({ length: before + 1 }, () => pick(PARTIES));
    const quantity = queue.at(-1)!;
    const ahead = { entries: before, places: queue.reduce((sum, party) => sum + party, 0) - quantity };
    const places = [{ places: sold, age: soldOn - daysToStart }];
    const outlook = { sold: places, ahead, quantity, daysToStart, daysLeft: daysToStart, offers };
    const servedAfter = serve(queue, daysToStart, freedIn, () => uniform() < accepts);
    return { estimate: estimateOf(outlook, paceOf(past)), servedAfter, kind: 'simulated' };
  });
}

const MEAN_PARTY = PARTIES.reduce((sum, party) => sum + party, 0) / PARTIES.length;

interface Waiting {
  quantity: number;
  isLast: boolean;
  /** Passes that served somebody behind it. */
  passes: number;
  gathered: number;
}

/** Seconds until the last of the queue is offered places; null when it is not before the event. */
function serve(
  queue: readonly number[],
  days: number,
  freedIn: (from: number, to: number) => number,
  accepts: () => boolean,
): number | null {
  const waiting = queue.map((quantity, i): Waiting => ({
    quantity,
    isLast: i === queue.length - 1,
    passes: 0,
    gathered: 0,
  }));
  let free = 0;
  for (let step = 0; step < days * STEPS; step++) {
    free += freedIn(days - step / STEPS, days - (step + 1) / STEPS);
    let again = free > 0;
    while (again) {
      again = false;
      const skipped: Waiting[] = [];
      for (const entry of [...waiting]) {
        if (!free) break;
        if (entry.quantity > free + entry.gathered) {
          if (entry.passes < PASSES) skipped.push(entry);
          else [entry.gathered, free] = [entry.gathered + free, 0];
          continue;
        }
        if (entry.isLast) return ((step + 0.5) / STEPS) * 86_400;
        waiting.splice(waiting.indexOf(entry), 1);
        for (const before of skipped) before.passes++;
        free -= entry.quantity - entry.gathered;
        // What is declined is offered in the next pass.
        if (!accepts()) [free, again] = [free + entry.quantity, true];
      }
    }
  }
  return null;
}

/** By counting how many exponential pauses fit; the mean is small. */
function poisson(uniform: () => number, mean: number): number {
  let count = -1;
  for (let left = mean; left >= 0; count++) left += Math.log(1 - uniform());
  return count;
}
