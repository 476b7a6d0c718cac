import { setTimeout as sleep } from 'node:timers/promises';
import { refusals } from '#libs/kernel';
import { closedLoop, latency, openLoop, perSecond } from './load.js';
import { mediansOf } from './rounds.js';

it('sends as many requests as are asked for, each once, by all clients', async () => {
  const sent: number[] = [];
  const clients = new Set<number>();
  const load = await closedLoop({ clients: 4, requests: 50 }, async (client, n) => {
    sent.push(n);
    clients.add(client);
    await sleep(1);
    return { booked: `b${n}`, quantity: 2 };
  });
  expect(sent.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  expect(clients.size).toBe(4);
  expect([load.requests, load.successes, load.latencies.length]).toEqual([50, 50, 50]);
  expect([load.ledger.booked.length, load.ledger.places]).toEqual([50, 100]);
  expect(perSecond(load)).toBeCloseTo(50_000 / load.ms);
});

it('tells refusals of the product, open outcomes and bugs apart', async () => {
  const endings = [refusals.overloaded('full'), refusals.outcome_unknown('lost'), new Error('a bug')];
  const load = await closedLoop({ clients: 1, requests: 3 }, (_, n) => Promise.reject(endings[n]!));
  expect([...load.ledger.refused]).toEqual([['overloaded', 1]]);
  expect([...load.ledger.unknown]).toEqual([
    ['outcome_unknown', 1],
    ['a bug', 1],
  ]);
  expect([load.requests, load.successes, load.ledger.unknowns]).toEqual([3, 0, 2]);
});

it('counts an open-loop latency from when the request was due, so that all feel a stall', async () => {
  const stalled = sleep(300);
  const load = await openLoop({ perSecond: 1000, seconds: 0.3 }, async (_, n) => {
    if (n === 0) {
      const until = performance.now() + 200;
      while (performance.now() < until); // nothing else can be sent meanwhile
    }
    await stalled;
    return { booked: `b${n}`, quantity: 1 };
  });
  expect(load.requests).toBe(300);
  const { p50Ms, p99Ms } = latency(load);
  // Due evenly over 300 ms, all answered at its end at the earliest.
  expect(p99Ms).toBeGreaterThan(280);
  expect(p50Ms).toBeGreaterThan(140);
});

it('gives the median of every figure over the rounds', () => {
  const runs = [1, 50, 2].map((n) => ({ perSecond: n, p50Ms: 2 * n, p99Ms: 3 * n, cpuMicros: 100 - n }));
  expect(mediansOf('lane', runs)).toEqual({
    strategy: 'lane',
    perSecond: 2,
    p50Ms: 4,
    p99Ms: 6,
    cpuMicros: 98,
  });
});
