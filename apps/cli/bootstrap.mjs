// What `npm start`, `npm test`, `npm run build` and the other commands run. Plain JavaScript without packages, for
// it runs on the machine's own Node (20 or newer) before anything is installed; npm then brings the Node that all
// else needs.
import { join } from 'node:path';
import { root } from './bootstrap/checkout.mjs';
import { ensureRedis, tryChromium, tryPostgres15 } from './bootstrap/debian.mjs';
import { dataFolder } from './bootstrap/folders.mjs';
import { NODE, build, install, onePreparing } from './bootstrap/prepare.mjs';
import { becomes, endRunning, stopWithNpm } from './bootstrap/run.mjs';
import { refuseSecond } from './bootstrap/running.mjs';
import { outliveOutput } from './bootstrap/steps.mjs';

const NEEDED_NODE = 24;
const [command, ...args] = process.argv.slice(2);
const commands = {
  start,
  test,
  'test:long': testLong,
  'test:planted': planted,
  bench,
  build: () => onePreparing(build),
};
/** The tests that do more when they are given the time. */
const LONG = [
  'test/concurrency',
  'test/chaos',
  'test/e2e/generated-requests.spec.ts',
  'test/e2e/hostile-input.spec.ts',
  'test/architecture/validation.spec.ts',
];
const USAGE = `One of ${Object.keys(commands).join(', ')}, or a command of apps/cli/src/main.ts, is needed`;

outliveOutput();
stopWithNpm();
onSignals((status) => {
  endRunning();
  process.exit(status);
});

try {
  if (!command) throw new Error(USAGE);
  if (command === 'start') await refuseSecond(dataFolder());
  await onePreparing(install);
  if (Number(process.versions.node.split('.')[0]) < NEEDED_NODE) await handOver();
  else await (commands[command] ?? runProgram)();
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

/** The same once more, on the Node that npm brought. */
async function handOver() {
  await become(NODE, process.argv.slice(1));
}

async function start() {
  if (!process.env.REDIS_URL) await ensureRedis();
  await runProgram();
}

/** Goes on, in this process, as the compiled program of apps/cli. */
async function runProgram() {
  await onePreparing(build);
  leaveSignals();
  // npm runs scripts in the checkout; paths on its command line are meant from where it was called.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  const program = join(root, 'dist/apps/cli/src/main.js');
  process.argv.splice(1, process.argv.length, program, command, ...args);
  await import(program);
}

async function test() {
  await ensureRedis();
  await tryPostgres15();
  await tryChromium();
  await onePreparing(build);
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  await become(NODE, ['--experimental-vm-modules', '--no-warnings', jest, ...args]);
}

/** The tests that draw lots, with the full numbers of docs/testing.md. */
async function testLong() {
  process.env.EVENTLY_TEST_EFFORT = 'long';
  if (!args.length) args.push(...LONG);
  await test();
}

/** Expects tests to find the bugs of test/planted. */
async function planted() {
  await ensureRedis();
  await tryPostgres15();
  await onePreparing(build);
  await becomeSource('test/planted/main.ts');
}

/** The benchmarks run as they are written: they are compiled into nothing that the product ships. */
async function bench() {
  await ensureRedis();
  await onePreparing(build);
  await becomeSource('benchmarks/main.ts');
}

async function becomeSource(file) {
  const hooks = join(root, 'test/support/source-hooks.mjs');
  await become(NODE, ['--import', hooks, join(root, file), ...args]);
}

async function become(program, itsArgs) {
  leaveSignals();
  process.exitCode = await becomes(program, itsArgs);
}

function onSignals(stop) {
  process
    .on('SIGINT', () => stop(130))
    .on('SIGTERM', () => stop(143))
    .on('SIGHUP', () => stop(129));
}

/** To whoever comes next. */
function leaveSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
}
