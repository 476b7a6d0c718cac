import { type BatchState, type StoredOutcome, keyOf } from '../domain/batch.js';
import type { Outcome } from '../domain/command.js';
import { type BookingRow, bookingOf } from './booking.row.js';
import type { StoredSection } from '../domain/seats/section-seats.js';
import { type EventInventory, type TicketTypeState, personKey } from '../domain/inventory.js';

// The rows that the batch's first round trip reads, and what becomes of them in memory.

export interface TermsRow {
  id: string;
  organization_id: string;
  status: EventInventory['terms']['status'];
  currency: string;
  starts_at: Date;
  ends_at: Date | null;
  sales_start_at: Date | null;
  sales_end_at: Date | null;
}
export interface VersionsRow {
  event_id: string;
  version: number;
  plan_version: number;
  joined: number;
  /** How many entries wait. */
  waiting: number;
  waitlist_paused: boolean;
  waitlist_closed: boolean;
  waitlist_cut_off_minutes: number | null;
}
export interface SectionRow extends StoredSection {
  event_id: string;
}
export interface TypeRow {
  id: string;
  event_id: string;
  kind: TicketTypeState['kind'];
  price_amount: number;
  price_version: number;
  max_per_booking: number;
  max_per_person: number | null;
  available: number;
  held: number;
  booked: number;
  offered: number;
  reserved: number;
  waiting: number;
}
export interface PersonRow {
  event_id: string;
  user_id: string;
  type_id: string;
  /** Places in confirmed bookings. */
  booked: number;
  /** Active holds, whether they have lapsed or not. */
  holds: { quantity: number; expiresAt: number }[];
}
export interface CheckInRow {
  booking_id: string;
  event_id: string;
  number: number;
  checked_in_at: Date;
}
export type StoredRow = {
  caller: string;
  key: string;
  fingerprint: Buffer;
  answer: Kept;
  /** With the booking that `answer` names, if it names one. */
} & (BookingRow | { id: null });
/** An outcome as it is stored: of a new booking only its id. */
export type Kept = Outcome | { booked: string };

export function emptyInventory(row: TermsRow, versions: VersionsRow): EventInventory {
  return {
    eventId: row.id,
    version: versions.version,
    joined: versions.joined,
    waitlist: {
      paused: versions.waitlist_paused,
      closed: versions.waitlist_closed,
      cutOffMinutes: versions.waitlist_cut_off_minutes,
    },
    planVersion: versions.plan_version,
    plan: null,
    seats: new Map(),
    terms: {
      organizationId: row.organization_id,
      status: row.status,
      currency: row.currency,
      startsAt: row.starts_at.getTime(),
      endsAt: row.ends_at?.getTime() ?? null,
      salesStartAt: row.sales_start_at?.getTime() ?? null,
      salesEndAt: row.sales_end_at?.getTime() ?? null,
    },
    types: new Map(),
    taken: new Map(),
    holds: new Map(),
    lapsed: 0,
    bookings: new Map(),
    checkIns: new Map(),
    entries: new Map(),
    living: new Map(),
    queues: new Map(),
    freed: new Map(),
  };
}

/** Counts what the person has booked and still holds. */
export function addPerson(inventory: EventInventory | undefined, row: PersonRow, now: number): void {
  const held = row.holds.filter((hold) => hold.expiresAt > now);
  const quantity = held.reduce((sum, hold) => sum + hold.quantity, row.booked);
  inventory?.taken.set(personKey(row.user_id, row.type_id), quantity);
}

export function addCheckIn(inventory: EventInventory | undefined, row: CheckInRow): void {
  const known = inventory?.checkIns.get(row.booking_id) ?? new Map<number, number>();
  inventory?.checkIns.set(row.booking_id, known.set(row.number, row.checked_in_at.getTime()));
}

export function typeOf(row: TypeRow): TicketTypeState {
  return {
    id: row.id,
    kind: row.kind,
    price: row.price_amount,
    priceVersion: row.price_version,
    maxPerBooking: row.max_per_booking,
    maxPerPerson: row.max_per_person,
    available: row.available,
    held: row.held,
    booked: row.booked,
    offered: row.offered,
    reserved: row.reserved,
    waiting: row.waiting,
  };
}

export function storedOf(rows: readonly StoredRow[]): BatchState['stored'] {
  const stored = new Map<string, StoredOutcome[]>();
  for (const row of rows) {
    const key = keyOf(row);
    stored.set(key, [...(stored.get(key) ?? []), { fingerprint: row.fingerprint, outcome: outcomeOf(row) }]);
  }
  return stored;
}

/** What the caller was told: the booking as it was when it was made, whatever became of it since. */
function outcomeOf(row: StoredRow): Outcome {
  if (!('booked' in row.answer)) return row.answer;
  if (row.id === null) throw new Error(`booking ${row.answer.booked} is named by a key and is not there`);
  return { booking: { ...bookingOf(row), status: 'confirmed', version: 1, canceledAt: null } };
}
