import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { RefusalKind } from '#libs/kernel';

/** Where the refusals that any part may give are defined. */
export const KERNEL_REFUSALS = 'libs/kernel/src/domain/refusal.ts';

const root = join(import.meta.dirname, '../..');

/** Every refusal of every library, also of those that are not born yet, with the file that defines it. */
export async function definedRefusals(): Promise<{ code: string; kind: RefusalKind; file: string }[]> {
  const files = [KERNEL_REFUSALS, ...globSync('libs/*/src/**/*.errors.ts', { cwd: root })];
  const modules = await Promise.all(files.map((file) => import(join(root, file)) as Promise<object>));
  return modules.flatMap((exports, i) =>
    Object.values(exports).flatMap((exported) =>
      Object.entries(kindsOf(exported)).map(([code, kind]) => ({ code, kind, file: files[i]! })),
    ),
  );
}

function kindsOf(exported: unknown): Record<string, RefusalKind> {
  if (typeof exported !== 'object' || exported === null || !('kinds' in exported)) return {};
  return exported.kinds as Record<string, RefusalKind>;
}
