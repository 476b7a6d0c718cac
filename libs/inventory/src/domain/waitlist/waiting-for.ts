import type { EntryRecord } from './entry-record.js';

/** How a list stands, as far as it tells why an entry has no offer yet. */
export interface ListState {
  /** Places on sale to all. */
  available: number;
  /** Places kept for those who wait. */
  reserved: number;
  /** The part of them that is kept for the one who gathers. */
  gathered: number;
  paused: boolean;
  /** When the list is over, milliseconds since 1970. */
  ends: number;
  /** What one person may have, and what this one has. */
  limit: number | null;
  have: number;
}

/** Why an entry has no offer yet. */
export type WaitingFor =
  /** The sales or the list are over: there will be none. */
  | { reason: 'waitlist_over' }
  | { reason: 'paused' }
  /** With the offer the person would have more than `limit`. */
  | { reason: 'person_limit'; limit: number; have: number }
  /** Places are being kept for it, `gathered` of them so far. */
  | { reason: 'gathering'; gathered: number }
  /** Places are being offered in this moment, in order. */
  | { reason: 'being_offered' }
  /** So many places are free, which is less than it needs; it has been passed over so often, counted to 3. */
  | { reason: 'larger_than_free'; free: number; passes: number }
  /** So many others are served first. */
  | { reason: 'ahead_of_you'; ahead: number }
  /** It is the first, and nothing has come free. */
  | { reason: 'nobody_canceled' };

/** The first reason that holds, the most final before those that pass. @param now the database's clock, milliseconds */
export function whatFor(entry: EntryRecord, position: number, list: ListState, now: number): WaitingFor {
  const { available, reserved, gathered, limit, have } = list;
  if (now >= list.ends) return { reason: 'waitlist_over' };
  if (list.paused) return { reason: 'paused' };
  if (limit !== null && have + entry.quantity > limit) return { reason: 'person_limit', limit, have };
  if (entry.gatheringUntil !== null && entry.gatheringUntil > now) {
    return { reason: 'gathering', gathered: entry.gathered };
  }
  if (reserved > gathered) return { reason: 'being_offered' };
  if (available > 0 && available < entry.quantity) {
    return { reason: 'larger_than_free', free: available, passes: entry.passes };
  }
  if (position > 1) return { reason: 'ahead_of_you', ahead: position - 1 };
  return { reason: 'nobody_canceled' };
}
