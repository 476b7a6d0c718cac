// One of several processes that sell the same event, each with its clients. Environment: that of libs/config, and BENCH_POOL.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import type { Sale } from '../../test/support/sale.js';
import { readConfig } from '#libs/config';
import type { Strategy, StrategyName } from '../strategies/strategy.js';
import { bookOne } from './booking.load.js';
import type { LedgerFacts } from './ledger.js';
import { type Load, closedLoop } from './load.js';
import { openStrategy } from './strategies.run.js';
import { answer } from './worker.process.js';

/** What a process is asked to do. */
export interface LoadOrder {
  variant: { strategy: StrategyName; lock: 'redis' | 'none' };
  sale: Sale;
  clients: number;
  seconds: number;
}

/** What it did. */
export type LoadDone = Omit<Load, 'ledger'> & { ledger: LedgerFacts };

const config = readConfig('api');
const opened = new Map<string, Promise<Strategy>>();

function strategyOf({ strategy, lock }: LoadOrder['variant']): Promise<Strategy> {
  const name = `${strategy} ${lock}`;
  const open =
    opened.get(name) ??
    openStrategy(strategy, { ...config, lane: { ...config.lane, lock } }, Number(process.env.BENCH_POOL));
  opened.set(name, open);
  return open;
}

answer({
  async run({ variant, sale, clients, seconds }: LoadOrder): Promise<LoadDone> {
    const load = await closedLoop({ clients, seconds }, bookOne(await strategyOf(variant), [sale]));
    return { ...load, ledger: load.ledger.facts() };
  },
});

process.once('SIGTERM', () => {
  const closing = [...opened.values()].map((strategy) => strategy.then((one) => one.close()));
  void Promise.all(closing).finally(() => process.exit());
});
