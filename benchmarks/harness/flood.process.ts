// All clients of an API, in a process of their own on a core of their own. Environment: BENCH_PORT, BENCH_CORE.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sale } from '../../test/support/sale.js';
import { postBookings } from './api.js';
import { type HttpAnswer, HttpClient } from './http.client.js';
import type { LoadDone } from './load.process.js';
import { type Send, closedLoop, openLoop } from './load.js';
import { stayOn } from './machine.js';
import { answer } from './worker.process.js';

/** Connections of buyers, as a proxy has them open: more than the server lets in before it knows that it is late. */
const CONNECTIONS = 8192;
const PROBE = ['/health/live', '/health/ready'].map((path) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n`);
const COME_AGAIN = /\r\nretry-after: \d+\r\n/i;

/** Who buys what. */
export interface Crowd {
  tokens: string[];
  hot: Sale;
  other: Sale;
}

/** A stream of requests: bookings of one event or the other, or the probes of who watches over the process. */
export interface Part {
  of: 'hot' | 'other' | 'health';
  /** Open-loop at this rate, or closed-loop with so many clients. */
  pace: { perSecond: number } | { clients: number };
  seconds: number;
  /** Seconds to wait before it begins. */
  after?: number;
}

/** What became of it. */
export interface PartDone extends LoadDone {
  /** Answers that are neither what was asked for, nor 429 or 503 with Retry-After. */
  improper: number;
}

export interface FloodDone {
  parts: PartDone[];
  /** Share of one CPU that asking took. */
  generatorCpu: number;
}

const buyers = new HttpClient(Number(process.env.BENCH_PORT), CONNECTIONS);
const probes = new HttpClient(Number(process.env.BENCH_PORT), PROBE.length);
let crowd: Crowd;

answer({
  /** Whether the process has its core for itself. */
  begin({ core, ...who }: Crowd & { core: number }): boolean {
    crowd = who;
    return stayOn(core);
  },
  /** Opens all connections. */
  open: () => buyers.openAll(PROBE[0]!),
  /** Parts that run at the same time. */
  async run({ parts }: { parts: Part[] }): Promise<FloodDone> {
    const [cpu, began] = [process.cpuUsage(), performance.now()];
    const done = await Promise.all(parts.map((part) => runPart(part)));
    const { user, system } = process.cpuUsage(cpu);
    return { parts: done, generatorCpu: (user + system) / (1000 * (performance.now() - began)) };
  },
});

async function runPart({ of, pace, seconds, after = 0 }: Part): Promise<PartDone> {
  let improper = 0;
  const note = (one: HttpAnswer) => {
    const isRefusal = (one.status === 429 || one.status === 503) && COME_AGAIN.test(one.head);
    if (one.status >= 300 && !isRefusal) improper++;
    return one;
  };
  const send = of === 'health' ? probe(note) : book(crowd[of], note);
  await sleep(1000 * after);
  const load =
    'clients' in pace
      ? await closedLoop({ ...pace, seconds }, send)
      : await openLoop({ ...pace, seconds }, send);
  return { ...load, ledger: load.ledger.facts(), improper };
}

function book(sale: Sale, note: (one: HttpAnswer) => HttpAnswer): Send {
  const client = { send: async (head: string, body: string) => note(await buyers.send(head, body)) };
  return postBookings(client, crowd.tokens, sale);
}

function probe(note: (one: HttpAnswer) => HttpAnswer): Send {
  return async (_client, n) => {
    const { status, body } = note(await probes.send(PROBE[n % PROBE.length]!, ''));
    return status === 200 ? { read: true } : { unknown: `health: status ${status}: ${body}` };
  };
}

process.once('SIGTERM', () => process.exit());
