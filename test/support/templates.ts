import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { withConnection } from '../../apps/cli/src/local-stack/index.js';

/** Brings an empty database to the newest schema. */
export async function migrateTemplate(url: string, kind: 'master' | 'shard'): Promise<void> {
  const folder = join('prisma', kind, 'migrations');
  if (!existsSync(folder)) return;
  await withConnection(url, async (client) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })
      .filter((item) => item.isDirectory())
      .map((item) => item.name)
      .sort()) {
      await client.query(readFileSync(join(folder, entry, 'migration.sql'), 'utf8'));
    }
  });
}
