import type { FastifyRequest } from 'fastify';
import { type Caller, callerOf, mayUse } from '#libs/identity';
import type { Viewer } from '../domain/access.js';

/** Who reads: an api key that may not read events sees what the public sees, of now. */
export function viewerOf(caller: Caller | null): Viewer | null {
  if (!caller) return null;
  return mayUse(caller, 'events:read') ? caller : { role: 'attendee', organizationId: null };
}

/** Whether the caller may see more of events than everybody, for they may be theirs. */
export function seesMore(request: FastifyRequest): boolean {
  const caller = callerOf(request);
  return caller !== null && caller.role !== 'attendee';
}
