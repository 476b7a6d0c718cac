import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { type Backlog, readBacklog, writeQueueStatistics } from '#libs/outbox';
import { Master, exclusively } from '#libs/sharding';
import { gauge } from '#libs/tracing';
import { EffectQueues } from './effect-queues.service.js';
import { Sources } from './sources.service.js';

const EVERY_MS = 5000;

/** Tells how much waits: in the outboxes (metrics), and in the queues (a table that the API reads). */
@Injectable()
export class Statistics implements OnModuleInit {
  private readonly log = new Logger(Statistics.name);

  constructor(
    private readonly master: Master,
    private readonly sources: Sources,
    private readonly effects: EffectQueues,
  ) {}

  onModuleInit(): void {
    const help = 'DomainEvents that not every consumer has confirmed, by database.';
    this.publish('outbox_pending', help, (backlog) => backlog.pending);
    const parked = 'DomainEvents that failed too often and wait for somebody to look, by database.';
    this.publish('outbox_parked', parked, (backlog) => backlog.parked);
    const oldest = 'Age of the oldest pending DomainEvent, by database.';
    this.publish('outbox_oldest_seconds', oldest, (backlog) => backlog.oldestSeconds ?? 0);
    const jobs =
      'Jobs in the queues of effects, by state: waiting, active, delayed. Missing while Redis is away.';
    gauge('effect_queue_jobs', jobs, ['effect', 'state'], async (metric) => {
      for (const { queue, ...states } of await this.effects.counts().catch(() => [])) {
        for (const [state, count] of Object.entries(states)) metric.set({ effect: queue, state }, count);
      }
    });
  }

  /** The queues' numbers for the API. When Redis or the master is away, the table's `updated_at` shows how old they are. */
  @Interval(EVERY_MS)
  async writeCounts(): Promise<void> {
    try {
      const counts = await this.effects.counts();
      await exclusively(this.master, 'queue-statistics', () => writeQueueStatistics(this.master, counts));
    } catch (error) {
      this.log.debug({ msg: 'the queues were not counted', err: error });
    }
  }

  private publish(name: string, help: string, valueOf: (backlog: Backlog) => number): void {
    gauge(name, help, ['database'], async (metric) => {
      await Promise.all(
        this.sources.all.map(async (source) => {
          // A database that is away has no number, rather than one that is not true any more.
          const backlog = await readBacklog(source).catch(() => null);
          if (backlog) metric.set({ database: source.name }, valueOf(backlog));
        }),
      );
    });
  }
}
