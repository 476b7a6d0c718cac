import { slotOfId } from '#libs/kernel';
import { arrays } from '#libs/sharding';
import type { BatchDecisions } from '../domain/batch.js';
import type { BookingRecord } from '../domain/booking-record.js';
import type { Outcome } from '../domain/command.js';
import type { Kept } from './batch.rows.js';
import type { CheckInRecord } from '../domain/check-in-record.js';
import type { HoldRecord } from '../domain/hold-record.js';

// The columns of the batch's set-wise writes, one element a row, in the order of their statements' parameters.

const time = (ms: number) => new Date(ms).toISOString();

export function bookings(rows: readonly BookingRecord[]): unknown[] {
  return [
    arrays.uuids(rows.map((b) => b.id)),
    arrays.uuids(rows.map((b) => b.eventId)),
    arrays.uuids(rows.map((b) => b.userId)),
    arrays.uuids(rows.map((b) => b.organizationId)),
    arrays.texts(rows.map((b) => b.reference)),
    arrays.texts(rows.map((b) => b.currency)),
    arrays.bigints(rows.map((b) => b.total)),
    arrays.jsonbs(rows.map((b) => JSON.stringify(b.items))),
    arrays.times(rows.map((b) => b.createdAt)),
  ];
}

export function cancellations(
  rows: readonly { booking: BookingRecord; reason: string | null }[],
  now: number,
): unknown[] {
  return [
    rows.map((c) => c.booking.id),
    rows.map((c) => c.booking.version),
    time(now),
    rows.map((c) => c.reason),
  ];
}

export function holds(rows: readonly HoldRecord[]): unknown[] {
  return [
    arrays.uuids(rows.map((h) => h.id)),
    arrays.uuids(rows.map((h) => h.eventId)),
    arrays.uuids(rows.map((h) => h.userId)),
    arrays.texts(rows.map((h) => h.currency)),
    arrays.bigints(rows.map((h) => h.total)),
    arrays.jsonbs(rows.map((h) => JSON.stringify(h.items))),
    arrays.times(rows.map((h) => h.createdAt)),
    arrays.times(rows.map((h) => h.expiresAt)),
    arrays.uuids(rows.map((h) => h.entryId)),
  ];
}

export function endedHolds(rows: readonly HoldRecord[], now: number): unknown[] {
  return [rows.map((h) => h.id), rows.map((h) => h.status), rows.map((h) => h.bookingId), time(now)];
}

export function checkIns(rows: readonly CheckInRecord[]): unknown[] {
  return [
    rows.map((c) => c.bookingId),
    rows.map((c) => c.number),
    rows.map((c) => c.eventId),
    rows.map((c) => c.by),
    rows.map((c) => time(c.at)),
  ];
}

export function kept(rows: BatchDecisions['kept']): unknown[] {
  return [
    arrays.smallints(rows.map((k) => slotOfId(k.slotOf))),
    arrays.uuids(rows.map((k) => k.key.caller)),
    arrays.texts(rows.map((k) => k.key.key)),
    arrays.byteas(rows.map((k) => k.key.fingerprint)),
    arrays.smallints(rows.map((k) => k.status)),
    arrays.jsons(rows.map((k) => JSON.stringify(keptOf(k.outcome)))),
  ];
}

/** What is stored of an outcome: of a new booking its id, since all that a replay shows of it stays in its row. */
function keptOf(outcome: Outcome): Kept {
  return 'booking' in outcome && outcome.booking.version === 1 && !outcome.checkIn
    ? { booked: outcome.booking.id }
    : outcome;
}
