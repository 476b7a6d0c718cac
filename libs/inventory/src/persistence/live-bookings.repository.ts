import type { Tx } from '#libs/sharding';

/** How many bookings of an event are to be canceled with it; within `InventoryService.step` none comes on top. */
export async function countLiveBookings(tx: Tx, eventId: string): Promise<number> {
  const { rows } = await tx.query<{ bookings: number }>(
    `SELECT count(*)::integer AS bookings FROM bookings WHERE event_id = $1 AND status = 'confirmed'`,
    [eventId],
  );
  return rows[0]!.bookings;
}
