// `npm run bench -- NAME [--quick]`
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { outliveOutput } from '../apps/cli/bootstrap/steps.mjs';
import type { Benchmark } from './harness/benchmark.js';
import { keep, renderResult } from './harness/report.js';
import { Undoing, runBenchmark } from './harness/run.js';

/** How long a run that was interrupted may take to notice. */
const PATIENCE_MS = 20_000;
const USAGE = 'npm run bench -- NAME [--quick]';
const folder = import.meta.dirname;
const names = globSync('*.bench.ts', { cwd: folder })
  .map((file) => file.replace('.bench.ts', ''))
  .sort();

outliveOutput();
const undoing = new Undoing();
let interrupted = false;
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    process.exitCode = status;
    // The run fails when its servers end; what it had just begun is undone after it.
    void undoing.all().finally(() => setTimeout(() => process.exit(), PATIENCE_MS).unref());
  });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!interrupted) {
    console.error(`\n${(error as Error).stack}`);
    process.exitCode = 1;
  }
}
if (interrupted) {
  await undoing.all();
  process.exit();
}

async function main(args: string[]): Promise<void> {
  const quick = args.includes('--quick');
  const [name, ...more] = args.filter((arg) => arg !== '--quick');
  if (name === undefined) return console.log(await listing());
  if (more.length || !names.includes(name)) {
    const wrong = more.length ? `unexpected: ${more.join(' ')}` : `there is no benchmark "${name}"`;
    console.error(`${wrong}\n\n${await listing()}`);
    process.exitCode = 2;
    return;
  }
  const benchmark = await load(name);
  const say = (text: string) => console.error(`  ${process.uptime().toFixed(0).padStart(4)} s  ${text}`);
  const result = await runBenchmark(benchmark, { name, quick, say }, undoing);
  const path = join(folder, 'results', `${name}.json`);
  await keep(path, result);
  console.log(`\n${renderResult(result)}\n\nkept in benchmarks/results/${name}.json`);
  if (!result.invariants.ok) process.exitCode = 1;
}

async function listing(): Promise<string> {
  const width = Math.max(...names.map((name) => name.length));
  const lines = await Promise.all(
    names.map(async (name) => {
      const { asks } = await load(name);
      return `  ${name.padEnd(width)}  ${asks}`;
    }),
  );
  return [USAGE, '', ...lines].join('\n');
}

async function load(name: string): Promise<Benchmark> {
  return ((await import(`./${name}.bench.ts`)) as { default: Benchmark }).default;
}
