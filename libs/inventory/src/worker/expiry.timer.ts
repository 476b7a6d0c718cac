import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Refusal } from '#libs/kernel';
import { type Shard, Shards, exclusively } from '#libs/sharding';
import { InventoryService } from '../inventory.service.js';
import { findDueEvents } from '../persistence/due-events.repository.js';

const EVERY_MS = 250;

/**
 * Frees the places of holds that have lapsed, and promotes who waits, at events where nobody asks for anything: whatever is
 * asked of an event does so too. One worker at a time does so for a shard.
 */
@Injectable()
export class ExpiryTimer implements BeforeApplicationShutdown {
  private readonly log = new Logger('ExpiryTimer');
  private readonly running = new Map<Shard, Promise<void>>();
  private stopping = false;

  constructor(
    private readonly shards: Shards,
    private readonly inventory: InventoryService,
  ) {}

  /** A shard that is still at its last round, or that is away, holds up no other. */
  @Interval(EVERY_MS)
  run(): void {
    if (this.stopping) return;
    for (const shard of this.shards.all()) {
      if (this.running.has(shard)) continue;
      const round = this.round(shard).finally(() => this.running.delete(shard));
      this.running.set(shard, round);
    }
  }

  /** Before the lanes close. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.running.values());
  }

  private async round(shard: Shard): Promise<void> {
    try {
      const events = await shard.onPrimary(({ sql }) => findDueEvents(sql));
      if (!events.length) return;
      await exclusively(shard, 'expiry', async () => {
        await Promise.all(events.map((id) => this.inventory.expire(id)));
      });
    } catch (error) {
      // The next round tries again; nothing that has lapsed can be consumed meanwhile.
      this.log[error instanceof Refusal ? 'warn' : 'error']({
        msg: `${shard.name}: due events not served`,
        err: error,
      });
    }
  }
}
