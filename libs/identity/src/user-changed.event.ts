import type { DomainEvent } from '#libs/contracts';
import { newMasterId } from '#libs/kernel';
import { currentTraceparent } from '#libs/tracing';

/** The DomainEvent that says what changed of a user; no personal data. */
export function userChanged(
  userId: string,
  change: DomainEvent<'user.changed'>['payload']['change'],
): DomainEvent<'user.changed'> {
  return {
    id: newMasterId(),
    type: 'user.changed',
    subject: userId,
    // Not the version of the row: sessions and keys leave that as it is.
    subjectVersion: Date.now(),
    payload: { userId, change },
    trace: currentTraceparent(),
  };
}
