import { type Caller, managesOrganization } from '#libs/identity';
import type { Booker } from '../booker.types.js';

export function bookerOf(caller: Caller): Booker {
  return {
    userId: caller.userId,
    callerId: caller.callerId,
    manages: (organizationId) => managesOrganization(caller, organizationId),
  };
}
