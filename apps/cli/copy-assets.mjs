// After the compiler: makes dist/ complete (it copies no SQL, Lua or data) and true (it removes nothing).
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './bootstrap/checkout.mjs';
import { filesIn } from './bootstrap/fingerprint.mjs';

const dist = join(root, 'dist');
const SOURCES = ['apps', 'libs', 'prisma'];
const COMPILED = /\.(ts|mjs|js|prisma)$/;

for (const file of SOURCES.flatMap((folder) => filesIn(join(root, folder)))) {
  if (COMPILED.test(file)) continue;
  const copy = join(dist, relative(root, file));
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(file, copy);
}

for (const file of SOURCES.map((folder) => join(dist, folder))
  .filter(existsSync)
  .flatMap(filesIn)) {
  const stem = join(root, relative(dist, file)).replace(/(\.d)?\.(js|ts)(\.map)?$/, '');
  if (!['', '.ts', '.js', '.mjs'].some((ending) => existsSync(stem + ending))) rmSync(file);
}
