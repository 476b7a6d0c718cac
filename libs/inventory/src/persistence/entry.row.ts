import type { EntryRecord } from '../domain/waitlist/entry-record.js';

/** The columns of `waitlist_entries` that make an `EntryRow`, of the table under its alias `w`. */
export const ENTRY_COLUMNS = `
  w.id, w.event_id, w.ticket_type_id, w.user_id, w.quantity, w.priority, w.joined, w.status, w.version, w.passes, w.gathering_since,
  w.gathering_until, w.gathered, w.hold_id, w.joined_at, w.offered_at, w.ended_at`;

export interface EntryRow {
  id: string;
  event_id: string;
  ticket_type_id: string;
  user_id: string;
  quantity: number;
  priority: number;
  joined: number;
  status: EntryRecord['status'];
  version: number;
  passes: number;
  gathering_since: Date | null;
  gathering_until: Date | null;
  gathered: number;
  hold_id: string;
  joined_at: Date;
  offered_at: Date | null;
  ended_at: Date | null;
}

export function entryOf(row: EntryRow): EntryRecord {
  return {
    id: row.id,
    eventId: row.event_id,
    ticketTypeId: row.ticket_type_id,
    userId: row.user_id,
    quantity: row.quantity,
    priority: row.priority,
    // As text where the pool reads it.
    joined: Number(row.joined),
    status: row.status,
    version: row.version,
    passes: row.passes,
    gatheringSince: row.gathering_since?.getTime() ?? null,
    gatheringUntil: row.gathering_until?.getTime() ?? null,
    gathered: row.gathered,
    holdId: row.hold_id,
    joinedAt: row.joined_at.getTime(),
    offeredAt: row.offered_at?.getTime() ?? null,
    endedAt: row.ended_at?.getTime() ?? null,
  };
}
