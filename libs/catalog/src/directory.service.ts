import { Injectable } from '@nestjs/common';
import { type Page, decodeCursor, toPage } from '#libs/kernel';
import { Master } from '#libs/sharding';
import {
  type DirectoryFilter,
  type DirectoryRow,
  directoryKey,
  listDirectory,
} from './persistence/directory.repository.js';
import { readFresh } from './persistence/fresh.reader.js';

/** The events of all shards, in lists and searches; at most 2 s behind them. */
@Injectable()
export class DirectoryService {
  constructor(private readonly master: Master) {}

  /** A page of at most `limit` events; `current`: not from a replica. Throws `invalid_cursor` for one that this list in this order did not give. */
  async listEvents(
    filter: DirectoryFilter,
    limit: number,
    cursor?: string,
    current = false,
  ): Promise<Page<DirectoryRow>> {
    const list = `events:${filter.sort}`;
    const key = cursor === undefined ? null : decodeCursor(list, filter.sort === 'relevance' ? 3 : 2, cursor);
    const rows = await readFresh(this.master, current, ({ sql }) => listDirectory(sql, filter, limit, key));
    return toPage(list, rows, limit, (row) => directoryKey(filter.sort, row));
  }
}
