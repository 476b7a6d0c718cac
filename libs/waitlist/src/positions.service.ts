import { Injectable } from '@nestjs/common';
import { type EntryRecord, rankOf } from '#libs/inventory';
import { Shards } from '#libs/sharding';
import { ListMirror } from './persistence/list.mirror.js';
import { countBefore } from './persistence/positions.repository.js';

/** So many who wait before an entry are counted, which takes less than a millisecond; beyond, the list's mirror is asked. */
const COUNTED = 1000;
const ALL = 2 ** 31 - 1;

/** Where entries stand in their lists: the first thousand as of now, the others as of half a second ago at the most. */
@Injectable()
export class PositionsService {
  constructor(
    private readonly shards: Shards,
    private readonly mirror: ListMirror,
  ) {}

  /** Counted from 1 among those who wait for the ticket type; null for an entry that does not wait. */
  async positionOf(entry: EntryRecord): Promise<number | null> {
    return (await this.positionsOf([entry])).get(entry.id) ?? null;
  }

  /** By entry id; without the entries that do not wait. */
  async positionsOf(entries: readonly EntryRecord[]): Promise<Map<string, number>> {
    const waiting = entries.filter((entry) => entry.status === 'waiting');
    const positions = await this.count(waiting, COUNTED);
    const far = waiting.filter(({ id }) => !positions.has(id));
    for (const [list, some] of Map.groupBy(far, (entry) => entry.ticketTypeId)) {
      const ids = some.map(({ id }) => id);
      const mirrored = (await this.mirror.positions(list, ids))?.positions ?? [];
      for (const [i, id] of ids.entries()) if (mirrored[i]) positions.set(id, mirrored[i]);
    }
    // Without Redis, and those that joined so lately that it does not know them.
    const unknown = far.filter(({ id }) => !positions.has(id));
    for (const [id, position] of await this.count(unknown, ALL)) positions.set(id, position);
    return positions;
  }

  private async count(waiting: readonly EntryRecord[], most: number): Promise<Map<string, number>> {
    const byShard = Map.groupBy(waiting, (entry) => this.shards.ofId(entry.id));
    const counted = await Promise.all(
      [...byShard].map(([shard, own]) => {
        const ranked = own.map((entry) => ({ ...entry, rank: rankOf(entry) }));
        return shard.readNow(({ sql }) => countBefore(sql, ranked, most));
      }),
    );
    return new Map(
      counted
        .flatMap((positions) => [...positions])
        .filter((found): found is [string, number] => found[1] !== null),
    );
  }
}
