import type { Type } from '@nestjs/common';
import type { DomainEvent, DomainEventType } from '#libs/contracts';
import type { Tx } from '#libs/sharding';

/**
 * Keeps tables on the master in step with what the databases announce. The relay gives it claimed DomainEvents
 * set-wise and coalesced: of each subject only the one with the highest version. So its types must share one
 * sequence of versions a subject; where they do not (an event's description and its availability), register two.
 */
export interface Projection<T extends DomainEventType = DomainEventType> {
  /** Lower case with hyphens, and never changed: what has been applied is remembered under it. */
  name: string;
  types: readonly T[];
  /** Made by Nest, with its dependencies. */
  use: Type<ProjectionWriter<T>>;
}

export interface ProjectionWriter<T extends DomainEventType = DomainEventType> {
  /**
   * One or a few set-wise statements in the transaction that also remembers the DomainEvents. Ordered by subject, one
   * element a subject. Older news may come after newer: guard with the version
   * (`ON CONFLICT … DO UPDATE … WHERE old.version < excluded.version`). Must not do anything remote.
   */
  apply(tx: Tx, events: DomainEvent<T>[]): Promise<void>;
}

/**
 * Tells whoever looks on: live messages. The relay gives it all claimed DomainEvents of its types, set-wise, not coalesced,
 * outside any transaction, whatever becomes of the master.
 */
export interface Broadcast<T extends DomainEventType = DomainEventType> {
  /** Lower case with hyphens, and never changed: what has been told is remembered under it. */
  name: string;
  types: readonly T[];
  /** Made by Nest, with its dependencies. */
  use: Type<Broadcaster<T>>;
}

export interface Broadcaster<T extends DomainEventType = DomainEventType> {
  /**
   * Resolves once all of them are told; soon, or within the lease (30 s). Must bear repeats: what is not confirmed comes again,
   * and when it throws, all that it was given does.
   */
  tell(events: DomainEvent<T>[]): Promise<void>;
}

/** Something done for one DomainEvent that retries alone, by a queue: a mail, a push, a job on a shard. */
export interface Effect<T extends DomainEventType = DomainEventType> {
  /** Lower case with hyphens, and never changed: it names the queue, and what has been confirmed. */
  name: string;
  types: readonly T[];
  /** How many of them a worker runs at once; 4 if not given. */
  concurrency?: number;
  /** Failures until the row parks, with a pause of 1, 2, 4 … seconds between them; 10 if not given. */
  attempts?: number;
  /** Made by Nest, with its dependencies. */
  use: Type<EffectRunner<T>>;
}

export interface EffectRunner<T extends DomainEventType = DomainEventType> {
  /** Runs at least once. Confirmed when it returns; what it throws is kept as the row's error and tried again. */
  run(event: DomainEvent<T>, delivery: Delivery): Promise<void>;
}

/** One attempt at an effect. */
export interface Delivery {
  /** `master`, `shard-1` …: where the DomainEvent was written. */
  database: string;
  /** From 1. */
  attempt: number;
  /**
   * For effects in our databases: call it first in the effect's transaction. False when an earlier attempt has
   * committed there already: then do nothing. It writes the effect's row in that database's `inbox`.
   */
  firstTime(tx: Tx): Promise<boolean>;
}
