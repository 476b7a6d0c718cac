import { Presets, SingleBar } from 'cli-progress';
import type { ProductClient } from './product.client.js';
import type { Plan } from './replay.plan.js';

/** Where there is no terminal to draw on, a line so often. */
const LINE_EVERY_MS = 5000;

/** A bar on a terminal; lines elsewhere. */
export class Progress {
  private bar: SingleBar | null = null;
  private what = '';
  private total = 0;
  private count = 0;
  private lastLine = 0;

  start(what: string, total: number): void {
    this.stop();
    Object.assign(this, { what, total, count: 0, lastLine: Date.now() });
    if (!process.stderr.isTTY) return;
    const format = `{bar} {percentage} % | {value}/{total} ${what} | {duration_formatted}, {eta_formatted} to go`;
    this.bar = new SingleBar({ format, hideCursor: true, stream: process.stderr }, Presets.shades_classic);
    this.bar.start(total, 0);
  }

  done(): void {
    this.count++;
    this.bar?.update(this.count);
    const due = Date.now() - this.lastLine > LINE_EVERY_MS || this.count === this.total;
    if (process.stderr.isTTY || !due) return;
    this.lastLine = Date.now();
    console.error(
      `${Math.floor((100 * this.count) / this.total)} % | ${this.count}/${this.total} ${this.what}`,
    );
  }

  stop(): void {
    this.bar?.stop();
    this.bar = null;
  }
}

/** What a run came to. */
export interface Summary {
  client: ProductClient;
  plan: Plan;
  /** How long bookings and cancellations took. */
  seconds: number;
  /** Refusals that stayed, by code. */
  refusals: ReadonlyMap<string, number>;
}

/** Prints rates, latencies and refusals. */
export function printSummary({ client, plan, seconds, refusals }: Summary): void {
  const rate = Math.round(plan.steps.length / seconds);
  console.log(
    `\n${plan.steps.length} bookings and cancellations in ${seconds.toFixed(1)} s: ${rate} a second`,
  );
  for (const [route, latencies] of client.latencies) {
    const sorted = Float64Array.from(latencies).sort();
    const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
    console.log(`  ${route}: ${sorted.length} answers, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  }
  if (client.replayed) console.log(`  ${client.replayed} answers were kept from an earlier try`);
  if (client.pacer.waited)
    console.log(
      `  ${(client.pacer.waited / 1000).toFixed(0)} s of waiting (all requests) to stay within the limits`,
    );
  console.log(`  tried again: ${listed(client.retries)}`);
  console.log(`  refused: ${listed(refusals)}`);
}

function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

function listed(counts: ReadonlyMap<string, number>): string {
  if (!counts.size) return 'nothing';
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}
