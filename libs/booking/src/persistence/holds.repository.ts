import { HOLD_COLUMNS, type HoldRecord, type HoldRow, holdOf } from '#libs/inventory';
import type { Tx } from '#libs/sharding';

// In: a hold. Out: the hold, and whether it has lapsed by the database's clock.
const BY_ID = `
  SELECT ${HOLD_COLUMNS}, status = 'active' AND expires_at <= clock_timestamp() AS lapsed FROM holds WHERE id = $1`;

/** A hold as everybody may see it: one that has lapsed is `expired`, though the lane may not yet have released it. */
export async function findHold(sql: Tx, id: string): Promise<HoldRecord | null> {
  const { rows } = await sql.query<HoldRow & { lapsed: boolean }>({
    name: 'hold_by_id',
    text: BY_ID,
    values: [id],
  });
  const [row] = rows;
  if (!row) return null;
  const hold = holdOf(row);
  return row.lapsed ? { ...hold, status: 'expired', endedAt: hold.expiresAt } : hold;
}
