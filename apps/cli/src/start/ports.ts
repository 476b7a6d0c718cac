import { dataDirectoryAt, holderOf, isFree } from '../local-stack/index.js';
import { type Settings, portsNeeded } from './settings.js';

/** Throws one error that says for each port that is taken by whom, and by which setting to move ours. */
export async function refuseTakenPorts(settings: Settings, databasePassword: string): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of portsNeeded(settings)) {
    if (await isFree(port)) continue;
    const served = name.endsWith('POSTGRES_PORT') ? await dataServedOn(port, databasePassword) : null;
    const who = holderOf(port) ?? 'a process that is not yours to see';
    taken.push(`Port ${port} is taken by ${who}${served ? `, which serves ${served}` : ''}.`);
    taken.push(`  Stop it, or choose another port: ${name}=${port + 1000} npm start`);
  }
  if (taken.length) throw new Error(taken.join('\n'));
}

/** Null when it is no PostgreSQL, or one that does not know our password and so is not ours. */
async function dataServedOn(port: number, password: string): Promise<string | null> {
  try {
    return await dataDirectoryAt(`postgres://evently:${password}@127.0.0.1:${port}/postgres`);
  } catch {
    return null;
  }
}
