import { getQueueToken } from '@nestjs/bull';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Job, Queue } from 'bull';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Effect, EffectRunner } from '#libs/outbox';
import type { Database } from '#libs/sharding';
import { addSpan, endedSpan, inJob, startJob } from '#libs/tracing';
import type { Pace } from '../domain/pace.js';
import { type ClaimedRow, confirm, findUndone, recordFailure } from '../persistence/claims.sql.js';
import { remember } from '../persistence/inbox.sql.js';
import { Consumers } from './consumers.service.js';
import { isPassing, textOf } from './failure.errors.js';
import { confirmSeconds, effectSeconds, effectWaitSeconds, failures } from './relay.metrics.js';
import { PACE } from './options.types.js';
import type { Continuation } from './pass.trace.js';
import { Sources } from './sources.service.js';

/** What a job knows: where its DomainEvent is, and who put it here. The outbox has the rest, and the last word. */
interface JobData {
  database: string;
  id: string;
  /** The traceparent of its dispatch; null when that is not traced. */
  trace: string | null;
}

export interface QueueCounts {
  queue: string;
  waiting: number;
  active: number;
  delayed: number;
}

/** Longest wait for Redis to take jobs; then they wait in the outbox, and Redis is left alone for as long. */
const DISPATCH_MS = 1000;
/** Longest wait for running effects when the process ends; the outbox brings them again. */
const DRAIN_MS = 20_000;
const ATTEMPTS = 10;
const CONCURRENCY = 4;

/**
 * Drops what is there of these jobs, unless they are whole. A worker that fetches a job which Redis forgets just then
 * makes it anew, without its data and in no list: it would never run, and nobody could queue it again.
 */
const DROP_FORGOTTEN = `
  for _, job in ipairs(KEYS) do
    if redis.call('HEXISTS', job, 'data') == 0 then redis.call('DEL', job) end
  end`;

/** A Bull queue for each effect. Redis may forget them: the outbox fills them again. */
@Injectable()
export class EffectQueues {
  private readonly log = new Logger(EffectQueues.name);
  private readonly queues = new Map<string, Queue<JobData>>();
  private shunnedUntil = 0;
  private lastError = '';

  constructor(
    private readonly consumers: Consumers,
    private readonly sources: Sources,
    private readonly modules: ModuleRef,
    @Inject(PACE) private readonly pace: Pace,
  ) {}

  /** Opens the queues and begins to run effects, at once or when Redis is there. */
  start(): void {
    for (const effect of this.consumers.effects) {
      const queue = this.modules.get<Queue<JobData>>(getQueueToken(effect.name), { strict: false });
      queue.on('error', (error) => this.sayOnce(error.message));
      this.queues.set(effect.name, queue);
      queue
        .process(effect.concurrency ?? CONCURRENCY, (job) => this.process(effect, job))
        .catch((error: Error) => this.sayOnce(error.message));
    }
  }

  /** Whether Redis takes jobs; true when there is no effect that would need it. */
  get up(): boolean {
    return (
      [...this.queues.values()].every((queue) => queue.client.status === 'ready') &&
      Date.now() >= this.shunnedUntil
    );
  }

  /** Puts these rows into the effect's queue, those that are in it already excepted; false when Redis is away. */
  async dispatch(
    effect: Effect,
    database: string,
    rows: ClaimedRow[],
    continued: Continuation,
  ): Promise<boolean> {
    if (!rows.length) return true;
    const queue = this.queues.get(effect.name);
    if (!queue || queue.client.status !== 'ready' || Date.now() < this.shunnedUntil) return false;
    const idOf = (row: ClaimedRow) => `${effect.name}:${row.id}`;
    // In this order: they go through one connection.
    const adding = Promise.all([
      queue.client.eval(DROP_FORGOTTEN, rows.length, ...rows.map((row) => queue.toKey(idOf(row)))),
      queue.addBulk(
        rows.map((row) => ({
          data: { database, id: row.id, trace: continued(row) },
          opts: {
            jobId: idOf(row),
            attempts: effect.attempts ?? ATTEMPTS,
            backoff: { type: 'exponential', delay: this.pace.backoffMs },
            removeOnComplete: true,
            removeOnFail: true,
          },
        })),
      ),
    ]);
    const taken = await Promise.race([
      adding.then(
        () => true,
        (error: Error) => this.sayOnce(error.message),
      ),
      sleep(DISPATCH_MS, false, { ref: false }),
    ]);
    if (!taken) this.shunnedUntil = Date.now() + DISPATCH_MS;
    return taken;
  }

  /** How full the queues are; throws when Redis is away. */
  async counts(): Promise<QueueCounts[]> {
    if (!this.up) throw new Error('Redis is away');
    return Promise.all(
      [...this.queues].map(async ([name, queue]) => {
        const { waiting, active, delayed } = await queue.getJobCounts();
        return { queue: name, waiting, active, delayed };
      }),
    );
  }

  /** Takes no more jobs, waits for those that run, and closes. */
  async close(): Promise<void> {
    const closing = Promise.all([...this.queues.values()].map((queue) => queue.close()));
    const drained = await Promise.race([closing.then(() => true), sleep(DRAIN_MS, false, { ref: false })]);
    if (!drained) this.log.warn('effects still run, or Redis is away: the outbox brings them again');
  }

  private async process(effect: Effect, job: Job<JobData>): Promise<void> {
    try {
      await this.carryOut(effect, job);
    } catch (error) {
      // Not the row's fault: no attempt of its queue is spent on it, the outbox brings it again soon.
      if (isPassing(error)) await job.discard();
      throw error;
    }
  }

  private async carryOut(effect: Effect, job: Job<JobData>): Promise<void> {
    const source = this.sources.named(job.data.database);
    const row = await findUndone(source, job.data.id);
    if (!row || row.confirmed.includes(effect.name)) return;
    const attempt = job.attemptsMade + 1;
    // A later attempt waited for its back-off, which is no wait for a free worker. Workers' clocks differ.
    const waited = attempt === 1 ? Math.max(0, Date.now() - job.timestamp) : 0;
    if (attempt === 1) effectWaitSeconds.observe({ effect: effect.name }, waited / 1000);
    const now = performance.now();
    const name = `effect ${effect.name}`;
    // Without a trace of its dispatch it continues that of its cause.
    const trace = startJob(name, job.data.trace ?? row.trace, now - waited);
    if (attempt === 1) addSpan(endedSpan('queue wait', now - waited, now, {}), trace);
    const told = {
      'evently.database': source.name,
      'evently.effect.attempt': attempt,
      'messaging.message.id': row.id,
    };
    await inJob(trace, name, told, () => this.attempt(effect, source, row, attempt));
  }

  private async attempt(
    effect: Effect,
    source: Database<unknown>,
    row: ClaimedRow,
    attempt: number,
  ): Promise<void> {
    const { name, use } = effect;
    const ended = effectSeconds.startTimer({ effect: name });
    try {
      await this.modules.get<EffectRunner>(use).run(row, {
        database: source.name,
        attempt,
        firstTime: async (tx) => (await remember(tx, name, [row.id])).has(row.id),
      });
      await confirm(source, [row.id], name, this.consumers.requiredFor(row.type));
      confirmSeconds.observe({ consumer: name }, (Date.now() - row.createdAt.getTime()) / 1000);
      ended({ outcome: 'done' });
    } catch (error) {
      ended({ outcome: 'failed' });
      await this.report(effect, source, row, attempt, error);
      throw error;
    }
  }

  private async report(
    { name, attempts = ATTEMPTS }: Effect,
    source: Database<unknown>,
    row: ClaimedRow,
    attempt: number,
    error: unknown,
  ): Promise<void> {
    const passing = isPassing(error);
    const last = attempt >= attempts && !passing;
    const msg = `${name} failed for ${row.type}, attempt ${attempt}${last ? ', parked' : ''}`;
    this.log.warn({ msg, domainEventId: row.id, err: error });
    if (!passing) failures.inc({ consumer: name });
    const failure = { text: textOf(name, error), last, againMs: passing ? this.pace.awayMs : null };
    await recordFailure(source, row.id, failure).catch((unrecorded: unknown) => {
      // The row is dispatched again in any case, and fails again if it must.
      this.log.warn({ msg: 'a failure could not be recorded', domainEventId: row.id, err: unrecorded });
    });
  }

  /** Redis away says the same thing many times a second. */
  private sayOnce(message: string): false {
    if (message !== this.lastError) this.log.warn(`Redis: ${message}`);
    this.lastError = message;
    return false;
  }
}
