import { decideBook, decideConsume } from './book.js';
import { decideCancel, decideCancelSome } from './cancel.js';
import { decideCheckIn } from './check-in.js';
import type { Command } from './command.js';
import type { Decision } from './decision.js';
import { decideExpire, decideHold, decideRelease } from './hold.js';
import type { EventInventory } from './inventory.js';
import { decideOffer } from './waitlist/manual-offer.js';
import {
  decideAccept,
  decideDecline,
  decideJoin,
  decideLeave,
  decidePrioritize,
} from './waitlist/queueing.js';

/**
 * Decides one command on an event as its batch holds it under the locks, after what has lapsed was released
 * (`releaseLapsed`) and who waits was promoted; what it frees is promoted after it, before the next command (`decideBatch`). Pure, total and deterministic: changes nothing itself (`apply` does).
 * @param now the database's clock, milliseconds since 1970
 * @param offerMs how long an offer stands
 */
export function decide(inventory: EventInventory, command: Command, now: number, offerMs: number): Decision {
  switch (command.kind) {
    case 'hold':
      return decideHold(inventory, command, now);
    case 'release':
      return decideRelease(inventory, command, now);
    case 'consume':
      return decideConsume(inventory, command, now);
    case 'book':
      return decideBook(inventory, command, now);
    case 'cancel':
      return decideCancel(inventory, command, now);
    case 'cancelSome':
      return decideCancelSome(inventory, command, now);
    case 'expire':
      return decideExpire(inventory, command);
    case 'checkIn':
      return decideCheckIn(inventory, command, now);
    case 'join':
      return decideJoin(inventory, command, now);
    case 'accept':
      return decideAccept(inventory, command, now);
    case 'decline':
      return decideDecline(inventory, command, now);
    case 'leave':
      return decideLeave(inventory, command, now);
    case 'prioritize':
      return decidePrioritize(inventory, command);
    case 'offer':
      return decideOffer(inventory, command, now, offerMs);
  }
}
