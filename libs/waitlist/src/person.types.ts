import type { RequestKey } from '#libs/inventory';

/** Who asks about waiting. */
export interface Person {
  userId: string;
  /** Whose idempotency keys these are: the user, or the api key. */
  callerId: string;
  /** Whether this person manages an organization's events. */
  manages: (organizationId: string) => boolean;
}

/** A header `Idempotency-Key` with the print of its request. */
export type SentKey = Pick<RequestKey, 'key' | 'fingerprint'>;

export function keyOf(person: Person, sent: SentKey | null): RequestKey | null {
  return sent && { ...sent, caller: person.callerId };
}
