// An API process as `npm start` runs it, in which one strategy or the other books. Environment: that of libs/config, and
// BENCH_STRATEGY, BENCH_POOL.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as adapter from '../../apps/api/src/http.adapter.js';
import type * as product from '../../apps/api/src/create-api.js';
import { closeOnSignals, readConfig } from '#libs/config';
import { InventoryService } from '#libs/inventory';
import type { StrategyName } from '../strategies/strategy.js';
import { root } from './machine.js';
import { openStrategy } from './strategies.run.js';
import { answer } from './worker.process.js';

// As it is built: its decorators need the compiler.
const built = (name: string) => pathToFileURL(join(root, `dist/apps/api/src/${name}.js`)).href;
const { createApi }: typeof product = await import(built('create-api'));
const { listen }: typeof adapter = await import(built('http.adapter'));

const config = readConfig('api');
const name = process.env.BENCH_STRATEGY as StrategyName;
const app = await createApi(config);
if (name !== 'lane') {
  const strategy = await openStrategy(name, config, Number(process.env.BENCH_POOL));
  app.get(InventoryService, { strict: false }).book = (...asked) => strategy.book(...asked);
  app.getHttpServer().once('close', () => void strategy.close());
}
closeOnSignals(app);
await listen(app, config);
answer({ ready: () => true });
