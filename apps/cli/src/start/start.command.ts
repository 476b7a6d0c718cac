import { join } from 'node:path';
import type { Command } from 'commander';
import { root } from '../../bootstrap/checkout.mjs';
import { endRunning, run } from '../../bootstrap/run.mjs';
import { takeDataFolder } from '../../bootstrap/running.mjs';
import { outliveOutput, step } from '../../bootstrap/steps.mjs';
import { serverOwner } from '../local-stack/index.js';
import { type DataFolder, emptyDataFolder, makeDataFolder } from './data-folder.js';
import { noteProcesses, stopLeftovers } from './leftovers.js';
import { startPostgres, startRedis } from './local-servers.js';
import { rotateLogs } from './logs.js';
import { NodeProcess } from './node-process.js';
import { refuseTakenPorts } from './ports.js';
import { type Secrets, keptSecrets } from './secrets.js';
import { type Settings, readSettings } from './settings.js';
import { summary } from './summary.js';
import { Supervisor } from './supervisor.js';

export function startCommand(program: Command): void {
  program
    .command('start')
    .description('Starts everything on this machine: databases, Redis, API and worker. Ctrl-C stops it.')
    .option('--fresh', 'forget the data of earlier starts')
    .option('--no-demo', 'leave empty databases empty')
    .action(start);
}

async function start({ fresh, demo }: { fresh?: boolean; demo: boolean }): Promise<void> {
  outliveOutput();
  const stopAsked = stopOnSignals();
  const settings = readSettings(process.env);
  await takeDataFolder(settings.dataDir);
  const folder = makeDataFolder(settings.dataDir, serverOwner());
  const supervisor = new Supervisor((processes) => noteProcesses(folder, processes));
  const alive = setInterval(() => rotateLogs(folder.logs), 60_000);
  try {
    const secrets = await clearTheWay(settings, folder, fresh ?? false);
    const env = await bringUp({ settings, folder, secrets, supervisor, demo, stopAsked });
    console.log(summary(settings, folder, env));
    await new Promise((resolve) => stopAsked.addEventListener('abort', resolve));
  } catch (error) {
    if (!stopAsked.aborted) throw error;
  } finally {
    console.log('');
    await supervisor.stop();
    clearInterval(alive);
  }
}

/** What an earlier start left running is stopped, its data removed if a fresh start is wanted. */
async function clearTheWay(settings: Settings, folder: DataFolder, fresh: boolean): Promise<Secrets> {
  const stopped = await stopLeftovers(folder);
  if (stopped.length) console.log(`  ! stopped what an earlier start left running: ${stopped.join(', ')}`);
  if (fresh) await step(`removing the data in ${folder.path}`, () => emptyDataFolder(folder));
  const secrets = keptSecrets(folder);
  await refuseTakenPorts(settings, secrets.databasePassword);
  return secrets;
}

interface Start {
  settings: Settings;
  folder: DataFolder;
  secrets: Secrets;
  supervisor: Supervisor;
  demo: boolean;
  stopAsked: AbortSignal;
}

/** Gives the environment that the API and the worker run with. */
async function bringUp(start: Start): Promise<NodeJS.ProcessEnv> {
  const { settings, folder, secrets, supervisor, demo, stopAsked } = start;
  const postgres = await startPostgres(settings, folder, secrets, supervisor);
  stopAsked.throwIfAborted();
  const redis = await startRedis(settings, folder, secrets, supervisor);
  const { databasePassword, redisPassword, ...forProcesses } = secrets;
  const ports = { PORT: String(settings.ports.PORT), WORKER_PORT: String(settings.ports.WORKER_PORT) };
  const env = { ...forProcesses, ...process.env, ...postgres, ...redis, ...ports };
  // Accounts live on the master: documented passwords are only for one that this start made.
  const ownMaster = settings.localDatabases.some(({ variable }) => variable === 'MASTER');
  const program = (...args: string[]) => run(process.execPath, [process.argv[1]!, ...args], env);
  stopAsked.throwIfAborted();
  await step('migrating the databases', () => program('migrate'));
  stopAsked.throwIfAborted();
  if (demo) {
    const options = ownMaster ? ['--demo-passwords'] : [];
    const told = await step('seeding empty databases', () => program('seed', ...options));
    console.log(told.trimEnd().replace(/^/gm, '    '));
  }
  stopAsked.throwIfAborted();
  await startProcesses(start, env);
  return env;
}

async function startProcesses({ folder, settings, supervisor, stopAsked }: Start, env: NodeJS.ProcessEnv) {
  const keep = (name: 'api' | 'worker', port: number) =>
    supervisor.keep(name, () =>
      NodeProcess.start(
        {
          script: join(root, `dist/apps/${name}/src/main.js`),
          env,
          url: `http://${settings.host}:${port}`,
          logFile: `${folder.logs}/${name}.log`,
        },
        stopAsked,
      ).catch((error: Error) => {
        throw new Error(`The ${name} ${error.message}`, { cause: error });
      }),
    );
  await step('starting the API and the worker', async () => {
    // Both settle before a failure is told, so that none is still starting when all is stopped.
    const results = await Promise.allSettled([
      keep('api', settings.ports.PORT),
      keep('worker', settings.ports.WORKER_PORT),
    ]);
    for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
  });
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Also when repeated: npm passes on the Ctrl-C that the terminal has sent to us already.
    process.on(signal, () => {
      controller.abort();
      endRunning();
    });
  }
  return controller.signal;
}
