import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger, type Verdict, verdictOf } from './ledger.js';
import { percentile } from './statistics.js';

/** Sends request number `n` of a client and waits for its end. What it throws is taken for a refusal of the product. */
export type Send = (client: number, n: number) => Promise<Verdict>;

/** What a load measured. */
export interface Load {
  /** Requests that ended within the window, however they ended. */
  requests: number;
  /** Those that booked, or read what they should. */
  successes: number;
  /** Milliseconds from the first request to the last answer. */
  ms: number;
  /** Milliseconds from the first request to the last one. */
  sendingMs: number;
  /** Milliseconds, ascending: of the successes, or of all when there were none. */
  latencies: Float64Array;
  /** The same of what was refused. */
  refusals: Float64Array;
  ledger: Ledger;
  /** CPU of this process, microseconds. */
  ownCpuMicros: number;
}

export function perSecond({ successes, ms }: Pick<Load, 'successes' | 'ms'>): number {
  return (1000 * successes) / ms;
}

export function latency(load: Pick<Load, 'latencies'>): { p50Ms: number; p99Ms: number } {
  return { p50Ms: percentile(load.latencies, 0.5), p99Ms: percentile(load.latencies, 0.99) };
}

/** Clients that each send their next request when the last was answered, for so long, or until all requests are sent. */
export async function closedLoop(
  { clients, seconds, requests = Infinity }: { clients: number; seconds?: number; requests?: number },
  send: Send,
): Promise<Load> {
  const meter = new Meter();
  const until = meter.started + (seconds ?? Infinity) * 1000;
  let sent = 0;
  const client = async (number: number) => {
    while (sent < requests) {
      const since = performance.now();
      if (since >= until) return;
      meter.note(await settle(send, number, sent++), performance.now() - since);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return meter.end();
}

/**
 * Requests that arrive at a fixed rate, whether or not the earlier ones were answered. A latency counts from when its
 * request was due, so that a stall is felt by all that arrive in it (no coordinated omission).
 */
export async function openLoop(
  { perSecond: rate, seconds }: { perSecond: number; seconds: number },
  send: Send,
): Promise<Load> {
  const meter = new Meter();
  const all = Math.floor(rate * seconds);
  const waiting: Promise<void>[] = [];
  while (waiting.length < all) {
    const due = Math.min(all, Math.floor(((performance.now() - meter.started) * rate) / 1000));
    while (waiting.length < due) {
      const n = waiting.length;
      const dueAt = meter.started + (n * 1000) / rate;
      waiting.push(settle(send, n, n).then((verdict) => meter.note(verdict, performance.now() - dueAt)));
    }
    await sleep(1);
  }
  const sendingMs = performance.now() - meter.started;
  await Promise.all(waiting);
  return { ...meter.end(), sendingMs };
}

async function settle(send: Send, client: number, n: number): Promise<Verdict> {
  try {
    return await send(client, n);
  } catch (error) {
    return verdictOf(error);
  }
}

class Meter {
  readonly started = performance.now();
  private readonly cpu = process.cpuUsage();
  private readonly ledger = new Ledger();
  private readonly successes: number[] = [];
  private readonly others: number[] = [];

  note(verdict: Verdict, ms: number): void {
    this.ledger.note(verdict);
    ('booked' in verdict || 'read' in verdict ? this.successes : this.others).push(ms);
  }

  end(): Load {
    const ms = performance.now() - this.started;
    const { user, system } = process.cpuUsage(this.cpu);
    const { successes, others, ledger } = this;
    return {
      requests: successes.length + others.length,
      successes: successes.length,
      ms,
      sendingMs: ms,
      latencies: Float64Array.from(successes.length ? successes : others).sort(),
      refusals: Float64Array.from(others).sort(),
      ledger,
      ownCpuMicros: user + system,
    };
  }
}
