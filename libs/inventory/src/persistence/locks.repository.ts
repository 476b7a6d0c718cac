import { refusals } from '#libs/kernel';
import type { Tx } from '#libs/sharding';

// Effect: waits for the lane; the transaction ends when its process leaves it alone for 2 s, as a frozen one does.
const LOCK = `SELECT set_config('idle_in_transaction_session_timeout', '2s', true) FROM lanes WHERE id = 1 FOR UPDATE`;

/** Waits for the shard's lane: the first statement of every transaction that changes what is scarce. */
export async function lockLane(tx: Tx): Promise<void> {
  const { rowCount } = await tx.query(LOCK);
  if (rowCount !== 1) throw new Error('the lane has no row: run the migrations');
}

/** Locks an event's inventory; throws `not_found` when there is no such event. */
export async function lockInventory(tx: Tx, eventId: string): Promise<void> {
  const { rowCount } = await tx.query('SELECT 1 FROM inventory WHERE event_id = $1 FOR UPDATE', [eventId]);
  if (rowCount !== 1) throw refusals.not_found('There is no such event.');
}
