import { Injectable } from '@nestjs/common';
import { type EntryRecord, rankOf } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { countBefore } from './persistence/positions.repository.js';

/** Where entries stand in their lists. */
@Injectable()
export class PositionsService {
  constructor(private readonly shards: Shards) {}

  /** Counted from 1 among those who wait for the ticket type; null for an entry that does not wait. */
  async positionOf(entry: EntryRecord): Promise<number | null> {
    return (await this.positionsOf([entry])).get(entry.id) ?? null;
  }

  /** By entry id; without the entries that do not wait. */
  async positionsOf(entries: readonly EntryRecord[]): Promise<Map<string, number>> {
    const waiting = entries.filter((entry) => entry.status === 'waiting');
    const byShard = Map.groupBy(waiting, (entry) => this.shards.ofId(entry.id));
    const counted = await Promise.all(
      [...byShard].map(([shard, own]) =>
        shard.readNow(({ sql }) =>
          countBefore(
            sql,
            own.map((entry) => ({ ...entry, rank: rankOf(entry) })),
          ),
        ),
      ),
    );
    return new Map(counted.flatMap((positions) => [...positions]));
  }
}
