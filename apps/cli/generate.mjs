// Generates the two Prisma clients into prisma/generated/, unless they belong to the models as they are.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bootstrap/checkout.mjs';
import { fingerprint } from './bootstrap/fingerprint.mjs';

const prisma = join(root, 'node_modules/prisma');

for (const name of ['master', 'shard']) {
  const models = join(root, 'prisma', name);
  const generated = join(root, 'prisma/generated', name);
  const stamp = join(generated, '.made-from');
  const wanted = fingerprint([join(prisma, 'package.json'), models], (file) => !file.endsWith('.sql'));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue;
  rmSync(generated, { recursive: true, force: true });
  const result = spawnSync(
    process.execPath,
    [join(prisma, 'build/index.js'), 'generate', '--config', join(models, 'prisma.config.ts')],
    {
      cwd: root,
      encoding: 'utf8',
      // Prisma would download an engine that generating does not need. Never /bin/true: it would hide failures.
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/false', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
    },
  );
  if (result.status !== 0) {
    console.error(`prisma generate (${name}) failed:\n${result.error ?? ''}${result.stdout}${result.stderr}`);
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
