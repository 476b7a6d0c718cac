import type { FastifyRequest } from 'fastify';
import type { Ask, Lifetimes } from '#libs/caching';
import { callerOf } from '#libs/identity';
import { availabilityKey } from '#libs/inventory';

/**
 * What shows the state of sales may lag a commit by a second: half of one in Redis (.4 s whole lists of seats), .4 s in memory. What is read for it comes
 * from the primary, since the lag of a replica would come on top.
 */
export const LIVE_MS: Lifetimes = {
  memory: { fresh: 400, stale: 0 },
  shared: { fresh: 400, stale: 0 },
  missing: 400,
};

/** Whoever asks is to be shown what they booked, held or gave back themselves. */
export function wroteBy(request: FastifyRequest, eventId: string): Ask['wrote'] {
  const caller = callerOf(request);
  return caller ? { writer: caller.userId, key: availabilityKey(eventId) } : undefined;
}
