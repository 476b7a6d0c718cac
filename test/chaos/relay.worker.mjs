// A worker with slow consumers, to be killed in the middle of its work: the built relay (dist/) on the databases of the
// environment. A parent reads "ready" on standard output.
import 'reflect-metadata';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigModule, closeOnSignals, readConfig } from '#libs/config';
import { RelayModule } from '#libs/relay';
import { Shards, ShardingModule } from '#libs/sharding';

/** Counts how often each subject was written: a repetition shows. */
class Writer {
  async apply(tx, events) {
    await tx.query('SELECT pg_sleep(0.03)');
    await tx.query(
      `INSERT INTO projected (id, times) SELECT id, 1 FROM unnest($1::uuid[]) AS id
       ON CONFLICT (id) DO UPDATE SET times = projected.times + 1`,
      [events.map((event) => event.id)],
    );
    await sleep(20);
  }
}
Injectable()(Writer);

/** Counts how often each effect took place, and how often it was begun. */
class Runner {
  constructor(shards) {
    this.shards = shards;
  }

  async run(event, delivery) {
    const shard = this.shards.all().find(({ name }) => name === delivery.database);
    await shard.primary.sql.query(
      'INSERT INTO begun (id, times) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET times = begun.times + 1',
      [event.id],
    );
    await shard.transaction(async (tx) => {
      if (!(await delivery.firstTime(tx))) return;
      await tx.query(
        'INSERT INTO done (id, times) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET times = done.times + 1',
        [event.id],
      );
      await sleep(10);
    });
    // Between the effect's commit and its confirmation.
    await sleep(10);
  }
}
Injectable()(Runner);
Inject(Shards)(Runner, undefined, 0);

const types = ['availability.changed'];
const relay = RelayModule.for({
  projections: [{ name: 'writer', types, use: Writer }],
  effects: [{ name: 'runner', types, use: Runner, concurrency: 8 }],
  pace: { batch: 50, busyMs: 5, idleMs: 50, redispatchMs: 1000, awayMs: 200, backoffMs: 50, stalledMs: 1000 },
});

class Worker {}
Module({ imports: [ConfigModule.for(readConfig('worker')), ShardingModule, relay] })(Worker);

const app = await NestFactory.createApplicationContext(Worker, { logger: ['error'] });
closeOnSignals(app);
console.log('ready');
