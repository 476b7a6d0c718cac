import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Database } from '#libs/sharding';
import { gauge } from '#libs/tracing';
import type { Pace } from '../domain/pace.js';
import { type Verdict, newVerdict } from '../domain/verdict.js';
import { type ClaimedRow, claimDue, settle } from '../persistence/claims.sql.js';
import { Broadcasts, type Telling, ageOf } from './broadcasts.service.js';
import { Consumers } from './consumers.service.js';
import { DatabaseLoop } from './database.loop.js';
import { EffectQueues } from './effect-queues.service.js';
import { isPassing, textOf } from './failure.errors.js';
import { PACE } from './options.types.js';
import { PassTrace } from './pass.trace.js';
import { Projector } from './projector.service.js';
import { batchRows, confirmSeconds, dispatchSeconds, failures } from './relay.metrics.js';
import { Sources } from './sources.service.js';

/** Brings what the outboxes hold to its consumers: one loop a database, so that one that is away stops no other. */
@Injectable()
export class Relay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly loops: DatabaseLoop[];

  constructor(
    sources: Sources,
    private readonly consumers: Consumers,
    private readonly projector: Projector,
    private readonly effects: EffectQueues,
    private readonly broadcasts: Broadcasts,
    @Inject(PACE) private readonly pace: Pace,
  ) {
    this.loops = sources.all.map((source) => new DatabaseLoop(source.name, pace, () => this.relay(source)));
  }

  onApplicationBootstrap(): void {
    const help =
      'Seconds since an outbox was last looked into, by database; grows while the database is away.';
    gauge('relay_idle_seconds', help, ['database'], (metric) => {
      for (const { database, lastPassAt } of this.loops) {
        if (lastPassAt) metric.set({ database }, (Date.now() - lastPassAt.getTime()) / 1000);
      }
    });
    this.effects.start();
    for (const loop of this.loops) loop.start();
  }

  /** Before the databases close. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await Promise.all([this.effects.close(), this.broadcasts.finished()]);
  }

  /** One pass: claims a batch, brings it to its consumers, writes down what became of it. Gives the number of rows. */
  private async relay(source: Database<unknown>): Promise<number> {
    const askedAt = performance.now();
    const rows = await claimDue(source, this.pace);
    if (!rows.length) return 0;
    const pass = new PassTrace(source.name, rows, askedAt);
    batchRows.observe({ database: source.name }, rows.length);
    for (const row of rows) dispatchSeconds.observe({ database: source.name }, ageOf(row));

    const verdicts = new Map(
      rows.map((row) => [row.id, newVerdict(row.id, this.consumers.requiredFor(row.type))]),
    );
    let through = false;
    try {
      await this.project(rows, verdicts, pass);
      await this.dispatch(source, rows, verdicts, pass);
      const late = await this.tell(rows, verdicts, pass);
      await pass.part('settle', 'internal', rows, () => settle(source, [...verdicts.values()], this.pace));
      // Only now: two statements at once on the same rows could wait for each other.
      for (const telling of late) this.broadcasts.follow(source, telling);
      through = true;
    } finally {
      void pass.end(({ id }) => !through || verdicts.get(id)!.error !== null);
    }
    return rows.length;
  }

  private async project(rows: ClaimedRow[], verdicts: Map<string, Verdict>, pass: PassTrace): Promise<void> {
    for (const projection of this.consumers.projections) {
      const { name } = projection;
      const waiting = rows.filter((row) => isWaiting(row, projection));
      try {
        const told = (row: ClaimedRow, error?: unknown) => {
          const verdict = verdicts.get(row.id)!;
          if (error === undefined) {
            verdict.confirmed.push(name);
            confirmSeconds.observe({ consumer: name }, ageOf(row));
          } else {
            verdict.error = textOf(name, error);
            failures.inc({ consumer: name });
          }
        };
        await pass.part(`project ${name}`, 'internal', waiting, () =>
          this.projector.project(projection, waiting, told),
        );
      } catch (error) {
        if (!isPassing(error)) throw error;
        postpone(
          waiting.filter((row) => !verdicts.get(row.id)!.confirmed.includes(name)),
          verdicts,
        );
      }
    }
  }

  private async dispatch(
    source: Database<unknown>,
    rows: ClaimedRow[],
    verdicts: Map<string, Verdict>,
    pass: PassTrace,
  ): Promise<void> {
    for (const effect of this.consumers.effects) {
      const waiting = rows.filter((row) => isWaiting(row, effect));
      const taken = await pass.part(`enqueue ${effect.name}`, 'producer', waiting, (continued) =>
        this.effects.dispatch(effect, source.name, waiting, continued),
      );
      if (!taken) postpone(waiting, verdicts);
    }
  }

  /** Tells the broadcasts; gives those that take longer than a pass waits. */
  private async tell(
    rows: ClaimedRow[],
    verdicts: Map<string, Verdict>,
    pass: PassTrace,
  ): Promise<Telling[]> {
    const late = await Promise.all(
      this.consumers.broadcasts.map((broadcast) =>
        this.broadcasts.tell(
          broadcast,
          rows.filter((row) => isWaiting(row, broadcast)),
          verdicts,
          pass,
        ),
      ),
    );
    return late.filter((telling) => telling !== null);
  }
}

function isWaiting(row: ClaimedRow, consumer: { name: string; types: readonly string[] }): boolean {
  return consumer.types.includes(row.type) && !row.confirmed.includes(consumer.name);
}

function postpone(rows: ClaimedRow[], verdicts: Map<string, Verdict>): void {
  for (const row of rows) verdicts.get(row.id)!.away = true;
}
