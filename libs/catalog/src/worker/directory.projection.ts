import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import type { Projection, ProjectionWriter } from '#libs/outbox';
import type { Tx } from '#libs/sharding';
import { deleteEntries, upsertEntries, upsertStock } from '../persistence/directory-entries.repository.js';
import { directoryEntry } from '../persistence/directory.entry.js';

type Described = 'event.changed' | 'event.deleted';

@Injectable()
export class DirectoryWriter implements ProjectionWriter<Described> {
  async apply(tx: Tx, events: DomainEvent<Described>[]): Promise<void> {
    const entries = events.flatMap((e) =>
      e.type === 'event.changed' ? [directoryEntry(e.subjectVersion, e.payload)] : [],
    );
    const gone = events.flatMap((e) =>
      e.type === 'event.deleted' ? [{ eventId: e.subject, version: e.subjectVersion }] : [],
    );
    await upsertEntries(tx, entries);
    await deleteEntries(tx, gone);
  }
}

@Injectable()
export class DirectoryStockWriter implements ProjectionWriter<'availability.changed'> {
  async apply(tx: Tx, events: DomainEvent<'availability.changed'>[]): Promise<void> {
    await upsertStock(
      tx,
      events.map((e) => ({ version: e.subjectVersion, facts: e.payload })),
    );
  }
}

/** What lists and searches show of an event. */
export const directory: Projection<Described> = {
  name: 'directory',
  types: ['event.changed', 'event.deleted'],
  use: DirectoryWriter,
};

/** How many places the directory shows; apart, since availability has versions of its own. */
export const directoryStock: Projection<'availability.changed'> = {
  name: 'directory-stock',
  types: ['availability.changed'],
  use: DirectoryStockWriter,
};
