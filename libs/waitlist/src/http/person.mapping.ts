import { type Caller, managesOrganization } from '#libs/identity';
import type { Person } from '../person.types.js';

export function personOf(caller: Caller): Person {
  return {
    userId: caller.userId,
    callerId: caller.callerId,
    manages: (organizationId) => managesOrganization(caller, organizationId),
  };
}
