import type { DomainEvent } from '#libs/contracts';
import { newMasterId } from '#libs/kernel';
import type { User } from './domain/user.js';

/** The DomainEvent that says what changed of a user; no personal data. */
export function userChanged(
  user: Pick<User, 'id' | 'version'>,
  change: DomainEvent<'user.changed'>['payload']['change'],
): DomainEvent<'user.changed'> {
  return {
    id: newMasterId(),
    type: 'user.changed',
    subject: user.id,
    subjectVersion: user.version,
    payload: { userId: user.id, change },
    trace: null,
  };
}
