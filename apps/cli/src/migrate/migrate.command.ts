import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '#libs/config';
import { migrateAll } from '#libs/sharding';

/** `migrate`: brings the master and all shards to the newest schema. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the master and all shards to the newest schema')
    .action(async () => {
      const folder = join(process.cwd(), 'prisma');
      for (const { database, applied } of await migrateAll(readConfig('cli').databases, folder)) {
        console.log(`${database}: ${applied.length ? `applied ${applied.join(', ')}` : 'up to date'}`);
      }
    });
}
