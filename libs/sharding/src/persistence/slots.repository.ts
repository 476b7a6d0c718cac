import type { ShardId } from '#libs/kernel';
import { SlotMap } from '../domain/slot-map.js';
import type { Database, Tx } from './database.client.js';

// Out: the ranges of the newest version.
const READ_MAP = `
  SELECT version, from_slot AS "fromSlot", to_slot AS "toSlot", shard_id AS "shardId"
  FROM slot_map WHERE version = (SELECT max(version) FROM slot_map) ORDER BY from_slot`;

/** The newest slot map in a database; throws when there is none. */
export async function readSlotMap(database: Database<unknown>): Promise<SlotMap> {
  const rows = await database.onPrimary(async ({ sql }) => {
    const result = await sql.query<{ version: number; fromSlot: number; toSlot: number; shardId: ShardId }>(
      READ_MAP,
    );
    return result.rows;
  });
  const version = rows[0]?.version;
  if (version === undefined) throw new Error(`${database.name} has no slot map: run the migrations`);
  return new SlotMap(version, rows);
}

/** The shard that the map named does not own the slot (any more). */
export class SlotMoved extends Error {
  constructor(slot: number) {
    super(`slot ${slot} is owned by another shard`);
  }
}

/**
 * Throws `SlotMoved` unless this shard may write the slot now. Takes no lock: a move fences the slot first and
 * then waits for the transactions that were open.
 */
export async function requireOwner(tx: Tx, slot: number): Promise<void> {
  const { rowCount } = await tx.query(`SELECT 1 FROM owned_slots WHERE slot = $1 AND state = 'active'`, [
    slot,
  ]);
  if (rowCount !== 1) throw new SlotMoved(slot);
}
