import type { BookedItem } from './booking-record.js';

/** A hold as it is stored. Times in milliseconds since 1970, amounts in minor units of `currency`. */
export interface HoldRecord {
  id: string;
  eventId: string;
  userId: string;
  /** An active hold that is past `expiresAt` has lapsed: it is `expired` for everybody but the table. */
  status: 'active' | 'consumed' | 'expired' | 'released';
  currency: string;
  total: number;
  /** With the prices that were locked. */
  items: BookedItem[];
  createdAt: number;
  expiresAt: number;
  endedAt: number | null;
  /** The booking that it became. */
  bookingId: string | null;
  /** The waitlist entry whose offer it is; null for a hold that somebody asked for. */
  entryId: string | null;
}

/** Whether nobody may consume it any more though its places are not yet released. */
export function hasLapsed(hold: HoldRecord, now: number): boolean {
  return hold.status === 'active' && hold.expiresAt <= now;
}
