import type { LiveCounters } from '#libs/caching';
import type { Request } from '../domain/batch.js';
import { type MovedEvent, type WrittenBatch, movedBy, wroteBy } from '../domain/moved.js';

/** Under which name the counters of an event are shown, with the number of their form. */
export const availabilityKey = (eventId: string) => `availability.1:${eventId}`;

/** What is shown of a ticket type; its capacity is the sum of the first three. */
export const SHOWN = ['available', 'held', 'booked', 'waiting'] as const;

export const counterOf = (typeId: string, shown: (typeof SHOWN)[number]) => `${typeId}:${shown}`;

/** Called while a COMMIT is under way; what it returns, when it is confirmed. That resolves when callers may be answered. */
export type Live = (requests: readonly Request[], batch: WrittenBatch) => () => Promise<void>;

/**
 * Lets what is shown of availability follow each batch. Who wrote what is noted while the COMMIT is under way, so that it waits for
 * nothing under a lock and is there when they are answered: also if the batch should come to nothing, for then they only
 * read the database. The counters move after the COMMIT, before the answers go out. A Redis that hangs costs the callers 100 ms
 * and then nothing for a second; the lane never waits for it.
 */
export function liveAvailability(counters: LiveCounters): Live {
  return (requests, batch) => {
    const moved = movedBy(batch);
    const wrote = wroteBy(requests, batch, moved).map(({ userId, eventId, version }) => {
      return { writer: userId, key: availabilityKey(eventId), version };
    });
    const noted = counters.note(wrote);
    return () => {
      void counters.move(moved.map(moveOf), batch.state.now);
      return noted;
    };
  };
}

function moveOf({ eventId, types, before, after }: MovedEvent) {
  const deltas = types.flatMap((type) =>
    SHOWN.filter((shown) => type[shown]).map((shown) => [counterOf(type.id, shown), type[shown]] as const),
  );
  return { key: availabilityKey(eventId), before, after, deltas: new Map(deltas) };
}
