import { refusals } from '#libs/kernel';
import type { Tx } from '#libs/sharding';

/** Waits for the shard's lane: the first statement of every transaction that changes what is scarce. */
export async function lockLane(tx: Tx): Promise<void> {
  const { rowCount } = await tx.query('SELECT 1 FROM lanes WHERE id = 1 FOR UPDATE');
  if (rowCount !== 1) throw new Error('the lane has no row: run the migrations');
}

/** Locks an event's inventory; throws `not_found` when there is no such event. */
export async function lockInventory(tx: Tx, eventId: string): Promise<void> {
  const { rowCount } = await tx.query('SELECT 1 FROM inventory WHERE event_id = $1 FOR UPDATE', [eventId]);
  if (rowCount !== 1) throw refusals.not_found('There is no such event.');
}
