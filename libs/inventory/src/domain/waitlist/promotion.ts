import type { Change } from '../change.js';
import { refuseUnlessOnSale, refuseUnlessOpen } from '../checks.js';
import { type EventInventory, type TicketTypeState, personKey } from '../inventory.js';
import { type EntryRecord, rankOf } from './entry-record.js';
import { offer, reserve, stopGathering } from './offer.js';
import type { WaitingQueue } from './waiting-queue.js';
import { refuseAfterCutOff } from './waitlist-settings.js';

/** Passes that may leave an entry waiting, because it needs more than is free, before it gathers. */
export const PASSES = 3;
/** How long an entry gathers at the most. */
export const GATHERING_MS = 30 * 60_000;

/** What a promotion pass is told besides the inventory. */
export interface Promotion {
  /** The database's clock. */
  now: number;
  /** How long an offer stands. */
  offerMs: number;
  /** Offers of a ticket type that one batch may make. */
  offers: number;
  /** Carries changes over to the inventory and writes them down. */
  act: (changes: Change[]) => void;
}

/** What a pass has seen so far. */
interface Pass extends Promotion {
  inventory: EventInventory;
  type: TicketTypeState;
  queue: WaitingQueue;
  /** Places that came free and that nobody has been given yet; part of what is available. */
  freed: number;
  /** Those that it came to and that need more than was free then. */
  skipped: EntryRecord[];
  /** How many of them it had skipped when somebody behind them was given places. */
  passedOver: number;
}

/**
 * One promotion pass over a ticket type: what came free, and what a pass before it did not come to, is offered in order
 * to every waiting entry that it does for; what is left is on sale. An entry that needs more than is free is passed
 * over; at its fourth pass it gathers what came free, one entry a type at a time, for half an hour and once. When the pass
 * comes to the end of what was read of the queue, all that is free is reserved for it until the lane's next step. While the
 * waitlist is paused what comes free is reserved, too.
 */
export function promote(inventory: EventInventory, type: TicketTypeState, promotion: Promotion): void {
  const queue = inventory.queues.get(type.id);
  const { now, act } = promotion;
  const refused =
    refuseUnlessOpen(inventory.terms, now) ??
    refuseUnlessOnSale(inventory.terms, now) ??
    refuseAfterCutOff(inventory, now);
  const mayOffer = !refused && type.waiting > 0;
  const gatherer = queue?.gatherer() ?? null;
  if (gatherer && (!mayOffer || gatherer.gatheringUntil! <= now)) act(endGathering(gatherer));
  if (mayOffer && inventory.waitlist.paused) return keepForLater(inventory, type, act);
  act(reserve(type.id, (queue?.gatherer()?.gathered ?? 0) - type.reserved));
  const freed = inventory.freed.get(type.id) ?? 0;
  inventory.freed.delete(type.id);
  if (!queue || !mayOffer) return;

  const pass: Pass = { ...promotion, inventory, type, queue, freed, skipped: [], passedOver: 0 };
  queue.unfinished ||= !offerInOrder(pass);
  if (queue.unfinished) act(reserve(type.id, type.available));
  else act(countPasses(pass));
}

/** What came free is for those who wait, when they are offered places again. */
function keepForLater(
  inventory: EventInventory,
  { id, available }: TicketTypeState,
  act: Promotion['act'],
): void {
  const freed = inventory.freed.get(id) ?? 0;
  act(reserve(id, Math.min(freed, available)));
  inventory.freed.delete(id);
}

/** False when it has to stop before the end of the queue: it has not read on, or does not know the seats. */
function offerInOrder(pass: Pass): boolean {
  const { type, queue, offers } = pass;
  // What the batch can do no more for, the next step can; without an offer in this one it would only come back to the same.
  const stops = (rank: number) =>
    type.waiting > 0 &&
    (queue.offers >= offers || (queue.offers > 0 && queue.mayHideBefore(rank, type.available)));
  for (const entry of queue.inOrder()) {
    if (type.available <= 0) return true;
    if (stops(rankOf(entry))) return false;
    if (!isWithinLimit(pass, entry)) continue;
    if (entry.quantity > type.available + entry.gathered) keepOrSkip(pass, entry);
    else if (type.kind === 'seated' && !pass.inventory.plan) return false;
    else give(pass, entry);
  }
  return type.available <= 0 || !stops(Infinity);
}

function give(pass: Pass, entry: EntryRecord): void {
  const { inventory, type, queue, now, offerMs, act } = pass;
  act([...reserve(type.id, -entry.gathered), ...offer(inventory, type, entry, now, offerMs)]);
  pass.freed = Math.max(0, pass.freed - (entry.quantity - entry.gathered));
  // Its own places, made free for the offer, did not come free for others.
  inventory.freed.delete(type.id);
  pass.passedOver = pass.skipped.length;
  queue.offers++;
}

/** An entry that needs more than is free: gathers what came free, if it may, or is skipped. */
function keepOrSkip(pass: Pass, entry: EntryRecord): void {
  const { type, queue, now, act } = pass;
  const gathers = entry.gatheringUntil !== null;
  const begins = !gathers && entry.passes >= PASSES && entry.gatheringSince === null && !queue.gatherer();
  if (!pass.freed || (!gathers && !begins)) {
    pass.skipped.push(entry);
    return;
  }
  const places = Math.min(pass.freed, entry.quantity - entry.gathered);
  const since = begins ? { gatheringSince: now, gatheringUntil: now + GATHERING_MS } : {};
  const gathered = entry.gathered + places;
  act([...reserve(type.id, places), changed({ ...entry, ...since, gathered })]);
  pass.freed -= places;
  pass.passedOver = pass.skipped.length;
}

/** Those whose places went to others behind them or, when some are left, on sale. */
function countPasses({ freed, skipped, passedOver }: Pass): Change[] {
  return (freed > 0 ? skipped : skipped.slice(0, passedOver))
    .filter((entry) => entry.passes < PASSES && entry.gatheringSince === null)
    .map((entry) => changed({ ...entry, passes: entry.passes + 1 }));
}

function endGathering(entry: EntryRecord): Change[] {
  return [...reserve(entry.ticketTypeId, -entry.gathered), changed(stopGathering(entry))];
}

function changed(entry: EntryRecord): Change {
  return { kind: 'entry', entry: { ...entry, version: entry.version + 1 }, news: null, offer: null };
}

/** The person may have bought so much meanwhile that the offer would be above the limit. */
function isWithinLimit({ inventory, type }: Pass, { id, userId, quantity }: EntryRecord): boolean {
  if (type.maxPerPerson === null) return true;
  const have = inventory.taken.get(personKey(userId, type.id));
  if (have === undefined) throw new Error(`the places that the person of entry ${id} has were not read`);
  return have + quantity <= type.maxPerPerson;
}
