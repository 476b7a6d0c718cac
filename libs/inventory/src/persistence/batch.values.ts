import { slotOfId } from '#libs/kernel';
import type { BatchDecisions } from '../domain/batch.js';
import type { BookingRecord } from '../domain/booking-record.js';
import type { CheckInRecord } from '../domain/check-in.js';
import type { HoldRecord } from '../domain/hold-record.js';

// The columns of the batch's set-wise writes, one element a row, in the order of their statements' parameters.

const time = (ms: number) => new Date(ms).toISOString();

export function bookings(rows: readonly BookingRecord[]): unknown[] {
  return [
    rows.map((b) => b.id),
    rows.map((b) => b.eventId),
    rows.map((b) => b.userId),
    rows.map((b) => b.organizationId),
    rows.map((b) => b.reference),
    rows.map((b) => b.currency),
    rows.map((b) => b.total),
    rows.map((b) => JSON.stringify(b.items)),
    rows.map((b) => time(b.createdAt)),
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
    rows.map((h) => h.id),
    rows.map((h) => h.eventId),
    rows.map((h) => h.userId),
    rows.map((h) => h.currency),
    rows.map((h) => h.total),
    rows.map((h) => JSON.stringify(h.items)),
    rows.map((h) => time(h.createdAt)),
    rows.map((h) => time(h.expiresAt)),
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
    rows.map((k) => slotOfId(k.slotOf)),
    rows.map((k) => k.key.caller),
    rows.map((k) => k.key.key),
    rows.map((k) => k.key.fingerprint),
    rows.map((k) => k.status),
    rows.map((k) => JSON.stringify(k.outcome)),
  ];
}
