import { Injectable } from '@nestjs/common';
import { type Database, Master, Shards } from '#libs/sharding';

/** Every database has an outbox. */
@Injectable()
export class Sources {
  readonly all: readonly Database<unknown>[];

  constructor(master: Master, shards: Shards) {
    this.all = [master, ...shards.all()];
  }

  /** `master`, `shard-1` …; throws for a name that no database has. */
  named(name: string): Database<unknown> {
    const found = this.all.find((source) => source.name === name);
    if (!found) throw new Error(`there is no database called "${name}"`);
    return found;
  }
}
