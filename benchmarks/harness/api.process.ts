// An API process as `npm start` runs it, in which one strategy or the other books. Environment: that of libs/config, and
// BENCH_STRATEGY, BENCH_POOL.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closeOnSignals, readConfig } from '#libs/config';
import { InventoryService } from '#libs/inventory';
import type { StrategyName } from '../strategies/strategy.js';
import { root } from './machine.js';
import { openStrategy } from './strategies.run.js';
import { answer } from './worker.process.js';

type Product = typeof import('../../apps/api/src/create-api.js');
const { createApi } = (await import(
  pathToFileURL(join(root, 'dist/apps/api/src/create-api.js')).href
)) as Product;

const config = readConfig('api');
const name = process.env.BENCH_STRATEGY as StrategyName;
const app = await createApi(config);
if (name !== 'lane') {
  const strategy = await openStrategy(name, config, Number(process.env.BENCH_POOL));
  app.get(InventoryService, { strict: false }).book = (...asked) => strategy.book(...asked);
  (app.getHttpServer() as Server).once('close', () => void strategy.close());
}
closeOnSignals(app);
await app.listen(config.http.port, config.http.host);
answer({ ready: () => true });
