import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Config } from '#libs/config';
import { SHARD_IDS } from '#libs/kernel';
import { FIRST_SLOT_MAP } from '../domain/slot-map.js';

export interface MigrationReport {
  /** `master`, `shard-1` … */
  database: string;
  /** The migrations applied now; empty when all had been. */
  applied: string[];
}

// Any number that nobody else uses for an advisory lock in these databases.
const MIGRATION_LOCK = 7_385_163_209n;

/**
 * Brings all databases to the newest schema, then gives a new installation its slot map. Safe to run by
 * several processes at once: each database is migrated under an advisory lock, one transaction a file.
 * @param folder the folder with `master/migrations` and `shard/migrations`
 */
export async function migrateAll(databases: Config['databases'], folder: string): Promise<MigrationReport[]> {
  const master = migrate('master', databases.master.primary, join(folder, 'master/migrations'), firstMap);
  const shards = SHARD_IDS.map((id) =>
    migrate(`shard-${id}`, databases.shards[id].primary, join(folder, 'shard/migrations'), async (client) => {
      await firstMap(client);
      await identify(client, id);
    }),
  );
  return Promise.all([master, ...shards]);
}

async function migrate(
  database: string,
  url: string,
  folder: string,
  afterwards: (client: pg.Client) => Promise<void>,
): Promise<MigrationReport> {
  const client = new pg.Client({ connectionString: url, application_name: 'evently-migrate' });
  client.on('error', () => {}); // a server that goes away fails the statement under way or the next
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await applyNew(client, folder);
    await inTransaction(client, () => afterwards(client));
    return { database, applied };
  } catch (error) {
    throw new Error(`${database}: ${(error as Error).message}`, { cause: error });
  } finally {
    // Ending the connection also gives the advisory lock back.
    await client.end();
  }
}

async function applyNew(client: pg.Client, folder: string): Promise<string[]> {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())`);
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations',
  );
  const done = new Map(rows.map((row) => [row.name, row.checksum]));
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((e) => e.isDirectory())
    .map((e) => e.name)
    .sort();

  const applied: string[] = [];
  for (const name of names) {
    const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    const before = done.get(name);
    if (before === checksum) continue;
    if (before)
      throw new Error(`migration ${name} was edited after it had been applied; add a new one instead`);
    await inTransaction(client, async () => {
      await client.query(sql);
      await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [name, checksum]);
    }).catch((error: Error) => {
      throw new Error(`migration ${name}: ${error.message}`, { cause: error });
    });
    applied.push(name);
  }
  return applied;
}

/** Gives a database without a slot map the first one. */
async function firstMap(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO slot_map (version, from_slot, to_slot, shard_id)
     SELECT 1, * FROM unnest($1::smallint[], $2::smallint[], $3::smallint[])
     WHERE NOT EXISTS (SELECT FROM slot_map)`,
    [
      FIRST_SLOT_MAP.map((r) => r.fromSlot),
      FIRST_SLOT_MAP.map((r) => r.toSlot),
      FIRST_SLOT_MAP.map((r) => r.shardId),
    ],
  );
}

/** Tells a new shard which it is and which slots it owns; refuses a database that is another shard. */
async function identify(client: pg.Client, id: number): Promise<void> {
  const { rows } = await client.query<{ shard_id: number }>('SELECT shard_id FROM shard_identity');
  const known = rows[0]?.shard_id;
  if (known === id) return;
  if (known !== undefined) {
    throw new Error(`this database is shard ${known}: correct SHARD_${id}_URL, which names it`);
  }
  await client.query('INSERT INTO shard_identity (shard_id) VALUES ($1)', [id]);
  await client.query(
    `INSERT INTO owned_slots (slot)
     SELECT slot FROM slot_map, generate_series(from_slot::integer, to_slot::integer) AS slot WHERE version = 1 AND shard_id = $1`,
    [id],
  );
}

async function inTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}
