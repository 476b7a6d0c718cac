import { type Caller, mayUse } from '#libs/identity';
import type { Viewer } from '../domain/access.js';

/** Who reads: an api key that may not read events sees what the public sees, of now. */
export function viewerOf(caller: Caller | null): Viewer | null {
  if (!caller) return null;
  return mayUse(caller, 'events:read') ? caller : { role: 'attendee', organizationId: null };
}
