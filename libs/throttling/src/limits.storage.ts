import { createHash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { LRUCache } from 'lru-cache';
import { RedisConnection } from '#libs/caching';
import { counter as metric } from '#libs/tracing';
import { Claim } from './domain/claim.js';
import { Counter } from './domain/counter.js';
import { LimitBatch, type Settle } from './limit.batch.js';
import { TAKE } from './take.script.js';

/** Milliseconds that a request waits for Redis; then this process decides alone. */
const PATIENCE_MS = 100;
/** How often Redis is tried again while it is away. */
const PROBE_MS = 500;
/** Counters of `increment` that are remembered; those of requests live with their subjects. */
const MAX_COUNTERS = 50_000;

const SHA = createHash('sha1').update(TAKE).digest('hex');
const decisions = metric('throttle_batches_total', 'Batches of requests decided, by who decided.', ['by']);

/**
 * Counts for all processes, in Redis: the requests of one turn of the event loop, and those that come while Redis
 * decides, are one call. While Redis is away this process counts alone, going on from what it saw last: each process
 * then grants a whole limit, never more.
 */
@Injectable()
export class LimitStorage implements ThrottlerStorage, OnApplicationShutdown {
  private readonly log = new Logger('Limits');
  private readonly counters = new LRUCache<string, Claim>({ max: MAX_COUNTERS });
  private batch: LimitBatch | null = null;
  private deciding = false;
  private away = false;
  private probe: NodeJS.Timeout | undefined;
  /** What Redis's clock is ahead of ours, milliseconds: windows follow Redis's. */
  private ahead = 0;

  constructor(private readonly redis: RedisConnection) {}

  /** Who decides now: Redis for all processes together, or this process alone. */
  get decidedBy(): 'redis' | 'process' {
    return this.away ? 'process' : 'redis';
  }

  /** Milliseconds since 1970, by Redis's clock as far as it is known. */
  get now(): number {
    return Date.now() + this.ahead;
  }

  /** Counts a request under all limits of the claim, or under none; `settle` is told in a later turn. */
  take(claim: Claim, settle: Settle): void {
    if (!this.batch) {
      this.batch = new LimitBatch(this.now);
      if (!this.deciding) setImmediate(this.decide);
    }
    this.batch.add(claim, settle);
  }

  /** Nest's own way to count, for a `ThrottlerGuard`. */
  increment(key: string, ttl: number, limit: number, _block: number, name: string) {
    let claim = this.counters.get(key);
    if (!claim) {
      const policy = { name, limit, priorityLimit: limit, ttl };
      this.counters.set(key, (claim = new Claim([new Counter(policy, key)], 1)));
    }
    return new Promise<Awaited<ReturnType<ThrottlerStorage['increment']>>>((resolve) =>
      this.take(claim, (granted, { counters: [own] }, now) => {
        const timeToExpire = own!.secondsLeft(now);
        const totalHits = own!.count + (granted ? 0 : 1);
        resolve({
          totalHits,
          timeToExpire,
          isBlocked: !granted,
          timeToBlockExpire: granted ? 0 : timeToExpire,
        });
      }),
    );
  }

  onApplicationShutdown(): void {
    clearTimeout(this.probe);
  }

  private readonly decide = (): void => {
    const batch = this.batch!;
    this.batch = null;
    if (this.away) {
      decisions.inc({ by: 'process' });
      batch.settleAlone();
      return;
    }
    this.deciding = true;
    let settled = false;
    const finish = (answer: number[] | null) => {
      if (settled) return;
      settled = true;
      clearTimeout(patience);
      this.deciding = false;
      if (this.batch) setImmediate(this.decide);
      decisions.inc({ by: answer ? 'redis' : 'process' });
      if (!answer) return batch.settleAlone();
      this.ahead = answer[0]! - Date.now();
      batch.settleBy(answer);
    };
    const give = (error: Error) => {
      if (!settled) finish(this.lose(error));
    };
    // A process that was busy itself finds the answer in its socket: it reads that first, then judges.
    const judge = () => setImmediate(give, new Error('no answer in time'));
    const patience = setTimeout(judge, PATIENCE_MS);
    this.ask(batch).then(finish, give);
  };

  private async ask(batch: LimitBatch): Promise<number[]> {
    const { keys, payload } = batch;
    const { client } = this.redis;
    try {
      return (await client.evalsha(SHA, keys.length, ...keys, payload)) as number[];
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return (await client.eval(TAKE, keys.length, ...keys, payload)) as number[];
    }
  }

  /** Leaves Redis alone until it answers a probe. */
  private lose(error: Error): null {
    if (!this.away) this.log.warn(`Redis is away (${error.message}): this process limits alone`);
    this.away = true;
    clearTimeout(this.probe);
    this.probe = setTimeout(() => void this.tryAgain(), PROBE_MS).unref();
    return null;
  }

  private async tryAgain(): Promise<void> {
    if ((await this.redis.ping()) === null) {
      this.lose(new Error('still'));
      return;
    }
    this.away = false;
    this.log.log('Redis is back: limits are common to all processes again');
  }
}
