import type { RequestKey } from '#libs/inventory';

/** Who asks for holds and bookings. */
export interface Booker {
  userId: string;
  /** Whose idempotency keys these are: the user, or the api key. */
  callerId: string;
  /** Whether this person manages an organization's events. */
  manages: (organizationId: string) => boolean;
}

/** A header `Idempotency-Key` with the print of its request. */
export type SentKey = Pick<RequestKey, 'key' | 'fingerprint'>;

export function keyOf(booker: Booker, sent: SentKey | null): RequestKey | null {
  return sent && { ...sent, caller: booker.callerId };
}
