import { chanceToReach } from './count-tail.js';
import { type FreedPace, type SoldPlaces, weightedDays } from './freed-places.js';

/** What is known of an entry that waits, and of its event. Days are real numbers. */
export interface Outlook {
  /** Places of the type. */
  sold: readonly SoldPlaces[];
  /** Entries that wait before it, and the places that they ask for. */
  ahead: { entries: number; places: number };
  /** Places that it asks for. */
  quantity: number;
  /** Until the event starts. */
  daysToStart: number;
  /** Until nothing is offered any more. */
  daysLeft: number;
  /** What became of the offers that were made of the type and are over. */
  offers: { made: number; accepted: number };
}

export interface Estimate {
  /** 0 to 1: that it is offered places before nothing is offered any more. */
  chance: number;
  /** Seconds until then, given that it is; null when that is too unlikely to say. */
  waitSeconds: { p10: number; p50: number; p90: number } | null;
}

/** Of an event that made no offers yet: as if 7 of 10 had been accepted. */
const OFFERS = { made: 10, accepted: 7 };
const UNLIKELY = 0.01;
const DAY_SECONDS = 86_400;
/** Points of the standard normal distribution, each for a seventh of it. */
const NORMAL = [-1.4652, -0.7916, -0.3661, 0, 0.3661, 0.7916, 1.4652];

/** How likely an entry is to be served, and when. */
export function estimateOf(outlook: Outlook, pace: FreedPace): Estimate {
  const { sold, daysToStart } = outlook;
  const needs = needsOf(outlook);
  const servedWithin = (days: number) => {
    const until = daysToStart - days;
    const mean =
      pace.rate *
      sold.reduce((sum, { places, age }) => sum + places * weightedDays(daysToStart, until, age), 0);
    const variance = pace.dispersion * mean + (mean * mean) / pace.shape;
    return needs.reduce((sum, need) => sum + chanceToReach(need, mean, variance), 0) / needs.length;
  };
  const daysLeft = Math.max(0, outlook.daysLeft);
  const chance = servedWithin(daysLeft);
  if (chance < UNLIKELY) return { chance, waitSeconds: null };
  const waitUntil = (share: number) =>
    Math.round(DAY_SECONDS * firstWhere((days) => servedWithin(days) >= share * chance, daysLeft));
  return { chance, waitSeconds: { p10: waitUntil(0.1), p50: waitUntil(0.5), p90: waitUntil(0.9) } };
}

/**
 * Places that have to come free until its turn. Who declines takes none: so of those ahead only some count, and how many is not
 * sure. Equally likely numbers, lowest first.
 */
function needsOf({ ahead, quantity, offers }: Outlook): number[] {
  if (!ahead.entries) return [quantity];
  const [made, accepted] = [OFFERS.made + offers.made, OFFERS.accepted + offers.accepted];
  const share = accepted / made;
  const varianceOfShare = (share * (1 - share)) / (made + 1);
  const { entries, places } = ahead;
  const spread = Math.sqrt(entries * share * (1 - share) + entries * entries * varianceOfShare) / entries;
  return NORMAL.map((point) => {
    const taking = Math.min(1, Math.max(0, share + point * spread));
    return quantity + Math.round(taking * places);
  });
}

/** The smallest number from 0 to `most` for which it holds, to a part in a million; it holds for `most` and from some number on. */
function firstWhere(holds: (days: number) => boolean, most: number): number {
  let [low, high] = [0, most];
  while (high - low > most * 1e-6) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
