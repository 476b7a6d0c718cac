import type { Database } from '#libs/sharding';

/** Rows of a table that nobody needs any more. */
export interface RetentionRule {
  on: 'every database' | 'shards' | 'master';
  table: string;
  /** A timestamptz with an index; null counts as young. */
  column: string;
  keepHours: number;
}

const BATCH = 5000;
const NAME = /^[a-z_]+$/;

/** Deletes up to 5,000 rows that are old enough; gives their number. Short, so that it holds up nobody. */
export function deleteBatch(database: Database<unknown>, rule: RetentionRule): Promise<number> {
  const { table, column, keepHours } = rule;
  if (!NAME.test(table) || !NAME.test(column))
    throw new Error(`${table}.${column} is no table with a column`);
  return database.onPrimary(async ({ sql }) => {
    const { rowCount } = await sql.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} < now() - $1 * interval '1 hour' LIMIT ${BATCH}))`,
      [keepHours],
    );
    return rowCount ?? 0;
  });
}

export const isLastBatch = (deleted: number): boolean => deleted < BATCH;
