import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, exclusively } from '#libs/sharding';
import { type RetentionRule, deleteBatch, isLastBatch } from '../persistence/retention.sql.js';
import { isPassing } from './failure.errors.js';
import { RELAY_OPTIONS, type RelayOptions } from './options.types.js';
import { Sources } from './sources.service.js';

const EVERY_MS = 60_000;
/** Between two batches, so that the database's other work comes first. */
const BREATHER_MS = 20;
const BATCHES_A_RUN = 200;

const OWN_RULES: RetentionRule[] = [
  { on: 'every database', table: 'outbox', column: 'done_at', keepHours: 24 },
  { on: 'every database', table: 'inbox', column: 'created_at', keepHours: 48 },
];

/** Once a minute, drops what nobody needs any more: at most 1,000,000 rows a table and minute. */
@Injectable()
export class Retention implements BeforeApplicationShutdown {
  private readonly log = new Logger(Retention.name);
  private readonly rules: RetentionRule[];
  private running: Promise<unknown> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly sources: Sources,
    @Inject(RELAY_OPTIONS) options: RelayOptions,
  ) {
    this.rules = [...OWN_RULES, ...(options.retention ?? [])];
  }

  /** Drops old rows in all databases; one that is away is left for the next time. */
  @Interval(EVERY_MS)
  async run(): Promise<void> {
    this.running = Promise.all(this.sources.all.map((source) => this.cleanAlone(source)));
    await this.running;
  }

  /** Before the databases close: lets the batches end that are being dropped. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async cleanAlone(source: Database<unknown>): Promise<void> {
    try {
      await exclusively(source, 'retention', () => this.clean(source));
    } catch (error) {
      const say = isPassing(error) ? 'warn' : 'error';
      this.log[say]({ msg: `${source.name}: old rows were not dropped`, err: error });
    }
  }

  private async clean(source: Database<unknown>): Promise<void> {
    for (const rule of this.rules.filter((r) => appliesTo(r, source.name))) {
      for (let batch = 0; batch < BATCHES_A_RUN && !this.stopping; batch++) {
        if (isLastBatch(await deleteBatch(source, rule))) break;
        await sleep(BREATHER_MS);
      }
    }
  }
}

function appliesTo(rule: RetentionRule, database: string): boolean {
  return rule.on === 'every database' || (rule.on === 'master') === (database === 'master');
}
