import type { Config } from '#libs/config';
import type { DomainEvent } from '#libs/contracts';
import { newId } from '#libs/kernel';
import { append } from '#libs/outbox';
import { RelayModule, type RelayOptions } from '#libs/relay';
import type { Master, Shard } from '#libs/sharding';
import { type OpenDatabases, openDatabases } from './open.js';

/** Fast enough for tests: what takes half a minute in earnest takes half a second. */
export const QUICK: NonNullable<RelayOptions['pace']> = {
  busyMs: 5,
  idleMs: 50,
  redispatchMs: 500,
  awayMs: 200,
  backoffMs: 20,
  tries: 4,
  stalledMs: 1000,
};

/** A worker's relay in this process, at work. */
export function startRelay(config: Config, options: RelayOptions): Promise<OpenDatabases> {
  return openDatabases(config, [RelayModule.for({ ...options, pace: { ...QUICK, ...options.pace } })]);
}

/** A DomainEvent of a shard that owns slot 0. */
export function availability(subject: string, subjectVersion: number): DomainEvent<'availability.changed'> {
  const payload = { eventId: subject, ticketTypes: [] };
  return { id: newId(0), type: 'availability.changed', subject, subjectVersion, payload, trace: null };
}

export const appendOn = (shard: Shard | Master, events: DomainEvent[]): Promise<void> =>
  shard.transaction((tx) => append(tx, events));

/** Waits until the condition holds; throws after a minute with what it last gave. */
export async function eventually<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(value)} after a minute`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
