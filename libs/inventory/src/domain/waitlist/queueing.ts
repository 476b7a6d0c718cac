import { consumeHold } from '../book.js';
import type { Change } from '../change.js';
import { outOfRange, refuseAbovePersonLimit, refuseUnlessOnSale, refuseUnlessOpen } from '../checks.js';
import type {
  AcceptCommand,
  DeclineCommand,
  JoinCommand,
  LeaveCommand,
  PrioritizeCommand,
  RefusalFacts,
} from '../command.js';
import type { Decision } from '../decision.js';
import { unhold } from '../hold.js';
import type { HoldRecord } from '../hold-record.js';
import { type EventInventory, type TicketTypeState, personKey } from '../inventory.js';
import { type EntryRecord, isLiving } from './entry-record.js';
import { reserve, stopGathering } from './offer.js';
import { type ListState, whatFor } from './waiting-for.js';
import { endOfWaiting, refuseUnlessJoinable } from './waitlist-settings.js';

/** Puts a person behind all others of the list who have no higher priority. */
export function decideJoin(inventory: EventInventory, command: JoinCommand, now: number): Decision {
  const type = inventory.types.get(command.ticketTypeId);
  if (!type) return { refused: noSuchType() };
  const refused = refuseToJoin(inventory, type, command, now);
  if (refused) return { refused };
  const entry: EntryRecord = {
    id: command.entryId,
    eventId: command.eventId,
    ticketTypeId: type.id,
    userId: command.userId,
    quantity: command.quantity,
    priority: 0,
    joined: inventory.joined + 1,
    status: 'waiting',
    version: 1,
    passes: 0,
    gatheringSince: null,
    gatheringUntil: null,
    gathered: 0,
    holdId: command.holdId,
    joinedAt: now,
    offeredAt: null,
    endedAt: null,
  };
  return {
    changes: [
      { kind: 'queue', ticketTypeId: type.id, offered: 0, reserved: 0, waiting: 1 },
      { kind: 'entry', entry, news: 'joined', offer: null },
    ],
    // The lowest priority, and the last to come.
    outcome: {
      entry,
      position: type.waiting + 1,
      waitingFor: whatFor(entry, type.waiting + 1, listOf(inventory, type, command.userId), now),
    },
  };
}

/** Makes the offer a booking at the price that it locked; once. */
export function decideAccept(inventory: EventInventory, command: AcceptCommand, now: number): Decision {
  const found = findEntry(inventory, command);
  if ('refused' in found) return found;
  const refused = refuseUnlessOpen(inventory.terms, now);
  if (refused) return { refused };
  const offered = findOffer(inventory, found.entry);
  return 'refused' in offered ? offered : consumeHold(inventory, offered.hold, command, now);
}

/** Gives the offer back; its places go to the next in line. */
export function decideDecline(inventory: EventInventory, command: DeclineCommand, now: number): Decision {
  const found = findEntry(inventory, command);
  if ('refused' in found) return found;
  const offered = findOffer(inventory, found.entry);
  if ('refused' in offered) return offered;
  return ended(found.entry, 'declined', unhold(inventory, offered.hold, 'released', now, 'declined'));
}

/** Takes the entry off the list; one that is over already stays as it is. */
export function decideLeave(inventory: EventInventory, command: LeaveCommand, now: number): Decision {
  const found = findEntry(inventory, command);
  if ('refused' in found) return found;
  const { entry } = found;
  if (entry.status === 'waiting') return ended(entry, 'left', endWaiting(entry, now));
  const offered = findOffer(inventory, entry);
  if ('refused' in offered) return { changes: [], outcome: { entry } };
  return ended(entry, 'left', unhold(inventory, offered.hold, 'released', now, 'left'));
}

/** Moves the entry in the order. */
export function decidePrioritize(inventory: EventInventory, command: PrioritizeCommand): Decision {
  const before = inventory.entries.get(command.entryId);
  if (!before || before.eventId !== command.eventId) return { refused: noSuchEntry() };
  if (before.status !== 'waiting') return { refused: doesNotWait(before) };
  if (before.priority === command.priority) return { changes: [], outcome: { entry: before } };
  const entry = { ...before, priority: command.priority, version: before.version + 1 };
  return { changes: [{ kind: 'entry', entry, news: 'moved', offer: null }], outcome: { entry } };
}

/** What changes when an entry that waits is taken off the list; what it gathered is free. */
export function endWaiting(before: EntryRecord, now: number): Change[] {
  const entry: EntryRecord = {
    ...stopGathering(before),
    status: 'left',
    version: before.version + 1,
    endedAt: now,
  };
  const { ticketTypeId } = entry;
  return [
    ...reserve(ticketTypeId, -before.gathered),
    { kind: 'queue', ticketTypeId, offered: 0, reserved: 0, waiting: -1 },
    { kind: 'entry', entry, news: 'ended', offer: null },
  ];
}

/** What the person's waiting depends on. */
function listOf(inventory: EventInventory, type: TicketTypeState, userId: string): ListState {
  return {
    available: type.available,
    reserved: type.reserved,
    gathered: inventory.queues.get(type.id)?.gatherer()?.gathered ?? 0,
    paused: inventory.waitlist.paused,
    ends: endOfWaiting(inventory.terms, inventory.waitlist),
    limit: type.maxPerPerson,
    have: inventory.taken.get(personKey(userId, type.id)) ?? 0,
  };
}

function refuseToJoin(
  inventory: EventInventory,
  type: TicketTypeState,
  { userId, quantity }: JoinCommand,
  now: number,
): RefusalFacts | null {
  if (!(Number.isSafeInteger(quantity) && quantity > 0 && quantity <= type.maxPerBooking)) {
    return outOfRange(type);
  }
  return (
    refuseUnlessOpen(inventory.terms, now) ??
    refuseUnlessOnSale(inventory.terms, now) ??
    refuseAbovePersonLimit(inventory, userId, [{ type, quantity }]) ??
    refuseIfAvailable(type, quantity) ??
    refuseIfLiving(inventory, personKey(userId, type.id)) ??
    refuseUnlessJoinable(inventory, now)
  );
}

function refuseIfAvailable(type: TicketTypeState, quantity: number): RefusalFacts | null {
  if (quantity > type.available) return null;
  return {
    code: 'tickets_available',
    detail: 'These tickets can be booked; there is nothing to wait for.',
    members: { ticketTypeId: type.id, available: type.available },
  };
}

function refuseIfLiving(inventory: EventInventory, person: string): RefusalFacts | null {
  const entryId = inventory.living.get(person);
  if (entryId === undefined) return null;
  return {
    code: 'already_waiting',
    detail: 'You are on this waitlist already; leave it first to join anew.',
    members: { entryId },
  };
}

function findEntry(
  inventory: EventInventory,
  { eventId, userId, entryId }: AcceptCommand | DeclineCommand | LeaveCommand,
): { entry: EntryRecord } | { refused: RefusalFacts } {
  const entry = inventory.entries.get(entryId);
  if (!entry || entry.eventId !== eventId || entry.userId !== userId) return { refused: noSuchEntry() };
  return { entry };
}

function findOffer(
  inventory: EventInventory,
  entry: EntryRecord,
): { hold: HoldRecord } | { refused: RefusalFacts } {
  if (entry.status === 'expired') {
    return { refused: { code: 'offer_expired', detail: 'The offer is over; join the waitlist again.' } };
  }
  if (entry.status !== 'offered') {
    const detail = isLiving(entry) ? 'Nothing is offered yet.' : `The entry is ${entry.status} already.`;
    return { refused: { code: 'no_offer', detail } };
  }
  const hold = inventory.holds.get(entry.holdId);
  if (!hold) throw new Error(`hold ${entry.holdId}, the offer of entry ${entry.id}, was not read`);
  return { hold };
}

/** The changes, and the entry as they leave it. */
function ended(before: EntryRecord, status: EntryRecord['status'], changes: Change[]): Decision {
  const entry = changes.find((change) => change.kind === 'entry')?.entry;
  if (entry?.status !== status) throw new Error(`entry ${before.id} should be ${status}`);
  return { changes, outcome: { entry } };
}

export function noSuchEntry(): RefusalFacts {
  return { code: 'not_found', detail: 'There is no such waitlist entry.' };
}

export function doesNotWait({ status }: EntryRecord): RefusalFacts {
  return { code: 'invalid_state', detail: `The entry is ${status}; it does not wait.` };
}

function noSuchType(): RefusalFacts {
  const errors = [{ path: 'ticketTypeId', message: 'is no ticket type of this event' }];
  return { code: 'validation_failed', detail: 'Invalid: ticketTypeId.', members: { errors } };
}
