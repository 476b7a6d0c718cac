import type { HoldRecord } from '../domain/hold-record.js';

/** The columns of `holds` that make a `HoldRow`. */
export const HOLD_COLUMNS =
  'id, event_id, user_id, status, currency, total_amount, items, created_at, expires_at, ended_at, booking_id, entry_id';

export interface HoldRow {
  id: string;
  event_id: string;
  user_id: string;
  status: HoldRecord['status'];
  currency: string;
  total_amount: number;
  items: HoldRecord['items'];
  created_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  booking_id: string | null;
  entry_id: string | null;
}

export function holdOf(row: HoldRow): HoldRecord {
  return {
    id: row.id,
    eventId: row.event_id,
    userId: row.user_id,
    status: row.status,
    currency: row.currency,
    total: row.total_amount,
    items: row.items,
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    endedAt: row.ended_at?.getTime() ?? null,
    bookingId: row.booking_id,
    entryId: row.entry_id,
  };
}
