import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from '../../bootstrap/folders.mjs';

/** Where the product runs, and who may make organizers there. */
export interface RunningProduct {
  base: string;
  admin: { email: string; password: string };
}

/**
 * The product that `npm start` runs on this machine, or the one that the environment names: PORT, ADMIN_EMAIL and
 * ADMIN_PASSWORD.
 */
export async function findProduct(base?: string, env = process.env): Promise<RunningProduct> {
  const kept = await keptByStart(env);
  const email = env.ADMIN_EMAIL ?? kept.ADMIN_EMAIL;
  const password = env.ADMIN_PASSWORD ?? kept.ADMIN_PASSWORD;
  if (!email || !password) {
    throw new Error(
      'No administrator is known: run `npm start` in this checkout first, or set ADMIN_EMAIL and ADMIN_PASSWORD.',
    );
  }
  return { base: base ?? `http://127.0.0.1:${env.PORT ?? 3000}`, admin: { email, password } };
}

async function keptByStart(
  env: NodeJS.ProcessEnv,
): Promise<{ ADMIN_EMAIL?: string; ADMIN_PASSWORD?: string }> {
  const path = join(dataFolder(env), 'secrets.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as { ADMIN_EMAIL: string; ADMIN_PASSWORD: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${path} cannot be read; set ADMIN_EMAIL and ADMIN_PASSWORD instead`, { cause: error });
  }
}
