import { newId } from '#libs/kernel';
import { append } from '#libs/outbox';
import { type Tx, requireSlot } from '#libs/sharding';
import { currentTraceparent } from '#libs/tracing';
import type { WaitlistSettings } from '../domain/inventory.js';

// In: an event and settings. Effect: they are the event's, and counted, if they are others than before. Out: their version then.
const CHANGE = `
  UPDATE inventory SET waitlist_paused = $2, waitlist_closed = $3, waitlist_cut_off_minutes = $4,
    waitlist_version = waitlist_version + 1
  WHERE event_id = $1
    AND (waitlist_paused, waitlist_closed, waitlist_cut_off_minutes) IS DISTINCT FROM ($2::boolean, $3::boolean, $4::integer)
  RETURNING waitlist_version AS version`;

const READ = `
  SELECT waitlist_paused AS paused, waitlist_closed AS closed, waitlist_cut_off_minutes AS "cutOffMinutes"
  FROM inventory WHERE event_id = $1`;

/**
 * Changes what is settled about an event's waitlist inside `InventoryService.step`, which goes on with offers where that is
 * due, and announces it; what is not given stays.
 */
export async function changeWaitlist(
  tx: Tx,
  eventId: string,
  change: Partial<WaitlistSettings>,
): Promise<void> {
  const before = (await tx.query<WaitlistSettings>(READ, [eventId])).rows[0]!;
  const { paused = before.paused, closed = before.closed, cutOffMinutes = before.cutOffMinutes } = change;
  const { rows } = await tx.query<{ version: number }>(CHANGE, [eventId, paused, closed, cutOffMinutes]);
  if (!rows[0]) return;
  await append(tx, [
    {
      id: newId(requireSlot(eventId)),
      type: 'waitlist.changed',
      subject: eventId,
      subjectVersion: rows[0].version,
      payload: { eventId, paused, closed, cutOffMinutes },
      trace: currentTraceparent(),
    },
  ]);
}
