import { refuseAbovePersonLimit, refuseUnlessOnSale, refuseUnlessOpen, soldOut } from '../checks.js';
import type { OfferCommand, RefusalFacts } from '../command.js';
import type { Decision } from '../decision.js';
import type { EventInventory, TicketTypeState } from '../inventory.js';
import { planChanged } from '../seats/seat-choice.js';
import type { EntryRecord } from './entry-record.js';
import { offer, reserve } from './offer.js';
import { doesNotWait, noSuchEntry } from './queueing.js';
import { refuseAfterCutOff } from './waitlist-settings.js';

/**
 * Offers places to one entry, whoever stands before it: those that it has gathered, those that are reserved for the queue but
 * for nobody in it, and those on sale, in this turn. Nobody else is passed over by it.
 */
export function decideOffer(
  inventory: EventInventory,
  { eventId, entryId, plan }: OfferCommand,
  now: number,
  offerMs: number,
): Decision {
  const entry = inventory.entries.get(entryId);
  if (!entry || entry.eventId !== eventId) return { refused: noSuchEntry() };
  if (entry.status !== 'waiting') return { refused: doesNotWait(entry) };
  const type = inventory.types.get(entry.ticketTypeId);
  if (!type) throw new Error(`the ticket type of entry ${entryId}, which waits, was not read`);
  const pool = type.reserved - (inventory.queues.get(type.id)?.gatherer()?.gathered ?? 0);
  const refused =
    refuseUnlessOpen(inventory.terms, now) ??
    refuseUnlessOnSale(inventory.terms, now) ??
    refuseAfterCutOff(inventory, now) ??
    refuseAbovePersonLimit(inventory, entry.userId, [{ type, quantity: entry.quantity }]) ??
    refuseUnlessFree(type, entry, pool);
  if (refused) return { refused };
  if (type.kind === 'seated' && plan?.version !== inventory.planVersion) return { refused: planChanged() };
  const released = entry.gathered + Math.min(entry.quantity - entry.gathered, pool);
  const changes = [...reserve(type.id, -released), ...offer(inventory, type, entry, now, offerMs)];
  const change = changes.find((one) => one.kind === 'entry')!;
  return { changes, outcome: { entry: change.entry, offer: change.offer! } };
}

function refuseUnlessFree(type: TicketTypeState, entry: EntryRecord, pool: number): RefusalFacts | null {
  const free = type.available + pool;
  if (entry.quantity <= free + entry.gathered) return null;
  return soldOut(
    type,
    `The entry needs ${entry.quantity - entry.gathered} places, and ${free} can be offered.`,
  );
}
