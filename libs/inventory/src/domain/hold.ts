import { agree, totalOf } from './agreement.js';
import { type Change, FREE, heldBy, move } from './change.js';
import { endOfSales } from './checks.js';
import type { ExpireCommand, HoldCommand, RefusalFacts, ReleaseCommand } from './command.js';
import type { Decision } from './decision.js';
import { type HoldRecord, hasLapsed } from './hold-record.js';
import type { EventInventory } from './inventory.js';
import { planChanged } from './seats/seat-choice.js';
import { type OfferEnding, endOffer } from './waitlist/offer.js';

/** Keeps free places at today's price: all that is asked, or nothing; never past the end of sales. */
export function decideHold(inventory: EventInventory, command: HoldCommand, now: number): Decision {
  const agreed = agree(inventory, command, now);
  if ('refused' in agreed) return agreed;
  const { items } = agreed;
  const { terms } = inventory;
  const hold: HoldRecord = {
    id: command.holdId,
    eventId: command.eventId,
    userId: command.userId,
    status: 'active',
    currency: terms.currency,
    total: totalOf(items),
    items,
    createdAt: now,
    expiresAt: Math.min(now + command.ttlMs, endOfSales(terms)),
    endedAt: null,
    bookingId: null,
    entryId: null,
  };
  return { changes: [...move(items, FREE, heldBy(hold.id)), { kind: 'held', hold }], outcome: { hold } };
}

/** Gives the places of a hold back; of one that is over already, nothing. Of an offer it is a way to decline it. */
export function decideRelease(inventory: EventInventory, command: ReleaseCommand, now: number): Decision {
  const hold = inventory.holds.get(command.holdId);
  if (!hold || hold.eventId !== command.eventId || hold.userId !== command.userId) {
    return { refused: { code: 'not_found', detail: 'There is no such hold.' } };
  }
  if (hold.status === 'consumed') return { refused: consumed() };
  if (hold.status !== 'active') return { changes: [], outcome: { hold } };
  const changes = unhold(inventory, hold, 'released', now);
  return { changes, outcome: { hold: { ...hold, status: 'released', endedAt: now } } };
}

/**
 * How many holds the batch released before; it does so, and promotes who waits, for each of its events, whatever they
 * are asked.
 */
export function decideExpire(inventory: EventInventory, { plan }: ExpireCommand): Decision {
  if (plan && plan.version !== inventory.planVersion) return { refused: planChanged() };
  return { changes: [], outcome: { expired: inventory.lapsed } };
}

/** Releases what has lapsed: the first thing that a batch does with an event. Counts it in `inventory.lapsed`. */
export function releaseLapsed(inventory: EventInventory, now: number): Change[] {
  const lapsed = [...inventory.holds.values()].filter((hold) => hasLapsed(hold, now));
  inventory.lapsed = lapsed.length;
  return lapsed.flatMap((hold) => unhold(inventory, hold, 'expired', now));
}

/** Frees the places of an active hold; if it is an offer, its entry is over, as `ended` says. */
export function unhold(
  inventory: EventInventory,
  hold: HoldRecord,
  status: 'expired' | 'released',
  now: number,
  ended: OfferEnding = status === 'expired' ? 'expired' : 'declined',
): Change[] {
  return [
    ...endOffer(inventory, hold, ended, now),
    ...move(hold.items, heldBy(hold.id), FREE),
    { kind: 'unheld', hold: { ...hold, status, endedAt: now } },
  ];
}

/** Refuses to consume a hold that is over. Those that have lapsed were released, and are `expired`, before. */
export function refuseUnlessHeld(hold: HoldRecord): RefusalFacts | null {
  if (hold.status === 'consumed') return consumed();
  if (hold.status === 'active') return null;
  return { code: 'hold_expired', detail: 'The hold is over and its places are free again; hold anew.' };
}

function consumed(): RefusalFacts {
  return { code: 'hold_consumed', detail: 'The hold has become a booking.' };
}
