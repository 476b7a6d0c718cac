import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '#libs/config';
import { migrateAll } from '#libs/sharding';

/** Beside this file's compiled form: dist/prisma. */
const MIGRATIONS = join(import.meta.dirname, '../../../../prisma');

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('Brings all databases (MASTER_URL, SHARD_1_URL to SHARD_4_URL) to the newest schema.')
    .action(migrate);
}

async function migrate(): Promise<void> {
  const reports = await migrateAll(readConfig('cli').databases, MIGRATIONS);
  for (const { database, applied } of reports) {
    console.log(`${database}: ${applied.length ? `applied ${applied.join(', ')}` : 'up to date'}`);
  }
}
