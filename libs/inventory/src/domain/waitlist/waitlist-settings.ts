import { endOfSales } from '../checks.js';
import type { RefusalFacts } from '../command.js';
import type { Terms, WaitlistSettings } from '../inventory.js';

export const FIRST_SETTINGS: WaitlistSettings = { paused: false, closed: false, cutOffMinutes: null };

/** From then on nothing is offered, no offer stands, and what comes free is on sale to all. */
export function endOfWaiting(
  terms: Pick<Terms, 'startsAt' | 'salesEndAt'>,
  { cutOffMinutes }: Pick<WaitlistSettings, 'cutOffMinutes'>,
): number {
  const sales = endOfSales(terms);
  return cutOffMinutes === null ? sales : Math.min(sales, terms.startsAt - cutOffMinutes * 60_000);
}

/** Refuses when the waitlist is over. */
export function refuseAfterCutOff(
  { terms, waitlist }: { terms: Terms; waitlist: WaitlistSettings },
  now: number,
): RefusalFacts | null {
  if (now < endOfWaiting(terms, waitlist)) return null;
  return { code: 'waitlist_closed', detail: 'The waitlist is over: what comes free is on sale to all.' };
}

/** Refuses to join a list that is over, or that its organizer has closed. */
export function refuseUnlessJoinable(
  inventory: { terms: Terms; waitlist: WaitlistSettings },
  now: number,
): RefusalFacts | null {
  if (inventory.waitlist.closed) {
    return { code: 'waitlist_closed', detail: 'The organizer has closed this waitlist to others.' };
  }
  return refuseAfterCutOff(inventory, now);
}
