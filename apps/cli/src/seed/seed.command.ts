import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '#libs/config';
import { root } from '../../bootstrap/checkout.mjs';
import type { EventCount } from './persistence/counts.repository.js';
import { seed } from './seed.run.js';

/** `seed` fills empty databases with the demo. */
export function seedCommand(program: Command): void {
  program
    .command('seed')
    .description('fill empty databases with demo data; others are left alone')
    .option(
      '--demo-passwords',
      'give the demo accounts the password in the README (never where strangers can come)',
    )
    .action(async ({ demoPasswords }: { demoPasswords?: boolean }) => {
      const counts = await seed({
        config: readConfig('cli'),
        folder: join(root, 'prisma/seed'),
        demoPasswords: demoPasswords ?? false,
        now: new Date(),
      });
      if (counts) print(counts);
      else console.log('The databases are in use: nothing was seeded.');
    });
}

function print(counts: readonly EventCount[]): void {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  console.log(`${total} events, as planned:`);
  for (const key of ['shard', 'category', 'sales'] as const) {
    const sums = new Map<string, number>();
    for (const row of counts) sums.set(row[key], (sums.get(row[key]) ?? 0) + row.count);
    const parts = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`);
    console.log(`  by ${key}: ${parts.join(', ')}`);
  }
}
