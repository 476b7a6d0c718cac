import { agree, totalOf } from './agreement.js';
import { type Change, move } from './change.js';
import { endOfSales } from './checks.js';
import type { ExpireCommand, HoldCommand, RefusalFacts, ReleaseCommand } from './command.js';
import type { Decision } from './decision.js';
import { type HoldRecord, hasLapsed } from './hold-record.js';
import type { EventInventory } from './inventory.js';

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
  };
  return { changes: [...move(items, 'available', 'held'), { kind: 'held', hold }], outcome: { hold } };
}

/** Gives the places of a hold back; of one that is over already, nothing. */
export function decideRelease(inventory: EventInventory, command: ReleaseCommand, now: number): Decision {
  const hold = inventory.holds.get(command.holdId);
  if (!hold || hold.eventId !== command.eventId || hold.userId !== command.userId) {
    return { refused: { code: 'not_found', detail: 'There is no such hold.' } };
  }
  if (hold.status === 'consumed') return { refused: consumed() };
  if (hold.status !== 'active') return { changes: [], outcome: { hold } };
  const changes = unhold(hold, 'released', now);
  return { changes, outcome: { hold: { ...hold, status: 'released', endedAt: now } } };
}

/** How many holds the batch released before; it does so for each of its events, whatever they are asked. */
export function decideExpire(inventory: EventInventory, _command: ExpireCommand): Decision {
  return { changes: [], outcome: { expired: inventory.lapsed } };
}

/** Releases what has lapsed: the first thing that a batch does with an event. Counts it in `inventory.lapsed`. */
export function releaseLapsed(inventory: EventInventory, now: number): Change[] {
  const lapsed = [...inventory.holds.values()].filter((hold) => hasLapsed(hold, now));
  inventory.lapsed = lapsed.length;
  return lapsed.flatMap((hold) => unhold(hold, 'expired', now));
}

/** Frees the places of an active hold. */
export function unhold(hold: HoldRecord, status: 'expired' | 'released', now: number): Change[] {
  return [
    ...move(hold.items, 'held', 'available'),
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
