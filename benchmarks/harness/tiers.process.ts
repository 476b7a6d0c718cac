// Events from one tier or another over node:http: GET /<strategy>/<number of the event>. Environment: that of libs/config, and
// BENCH_EVENTS, their ids.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createServer } from 'node:http';
import { type Answer, AnswerCache, type Ask, CachingModule, type View } from '#libs/caching';
import { CatalogModule, EventsService } from '#libs/catalog';
import { ConfigModule, closeOnSignals, readConfig } from '#libs/config';
import { entityTagOf } from '#libs/problem';
import { Shards, ShardingModule } from '#libs/sharding';
import { answer } from './worker.process.js';

const LONG = { fresh: 3_600_000, stale: 0 };
const NEVER = { fresh: 0, stale: 0 };

const config = readConfig('api');
class Root {}
Module({ imports: [ConfigModule.for(config), ShardingModule, CachingModule, CatalogModule] })(Root);
const app = await NestFactory.createApplicationContext(Root, { logger: false });
const [cache, events, shards] = [app.get(AnswerCache), app.get(EventsService), app.get(Shards)];
const ids = JSON.parse(process.env.BENCH_EVENTS!) as string[];

interface EventAsk extends Ask {
  eventId: string;
}

/** The product's own hot statement, as its view of an event reads it. */
async function readStatement(eventId: string): Promise<Answer> {
  const event = await events.getEvent(eventId, null, true);
  const json = JSON.stringify(event);
  return { version: event.version, tag: entityTagOf(event.version, json), body: Buffer.from(json) };
}

function viewIn(tier: string, memory: View['lifetimes']['memory']): View<EventAsk> {
  return {
    name: tier,
    lifetimes: { memory, shared: LONG, missing: 1 },
    load: ({ eventId }) => readStatement(eventId),
  };
}

function asksOf(tier: string): EventAsk[] {
  return ids.map((eventId) => ({ key: `${tier}.1:${eventId}`, tags: [`bench:${eventId}`], eventId }));
}

const [inMemory, inRedis] = [viewIn('l1', LONG), viewIn('l2', NEVER)];
const [memoryAsks, redisAsks] = [asksOf('l1'), asksOf('l2')];

/** The same with Prisma, as it is usual. */
async function readPrisma(id: string): Promise<Buffer> {
  const include = { ticketTypes: { include: { stock: true } }, sections: true };
  const found = await shards
    .ofId(id)
    .onPrimary(({ prisma }) => prisma.event.findUnique({ where: { id }, include }));
  return Buffer.from(
    JSON.stringify(found, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  );
}

const STRATEGIES: Record<string, (n: number) => Buffer | Promise<Buffer>> = {
  // As the hook does that answers from memory.
  l1: (n) => cache.peek(inMemory, memoryAsks[n]!.key)!.body,
  l2: async (n) => (await cache.read(inRedis, redisAsks[n]!)).answer.body,
  l3: async (n) => (await readStatement(ids[n]!)).body,
  prisma: (n) => readPrisma(ids[n]!),
};

for (const [n, ask] of memoryAsks.entries()) {
  await cache.warm(inMemory, ask);
  await cache.warm(inRedis, redisAsks[n]!);
}
const server = createServer((request, response) => {
  const [, strategy, n] = request.url!.split('/');
  const send = (body: Buffer) =>
    response
      .writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length })
      .end(body);
  const fail = (error: Error) => response.writeHead(500, { 'content-length': 0 }).end(error.message);
  const found = STRATEGIES[strategy!]!(Number(n));
  if ('then' in found) found.then(send, fail);
  else send(found);
});
closeOnSignals(app);
await new Promise<void>((resolve) => server.listen(config.http.port, config.http.host, resolve));
answer({
  ready: () => true,
  // How many answers came from where: a tier that is measured must be the one that answered.
  hits: () => ({ ...cache.statistics.hits }),
});
