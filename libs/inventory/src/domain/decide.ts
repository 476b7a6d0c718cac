import { decideBook } from './book.js';
import { decideCancel, decideCancelSome } from './cancel.js';
import type { Command } from './command.js';
import type { Decision } from './decision.js';
import type { EventInventory } from './inventory.js';

/**
 * Decides one command on an event as its batch holds it under the locks. Pure, total and deterministic:
 * changes nothing itself (`apply` does).
 * @param now the database's clock, milliseconds since 1970
 */
export function decide(inventory: EventInventory, command: Command, now: number): Decision {
  switch (command.kind) {
    case 'book':
      return decideBook(inventory, command, now);
    case 'cancel':
      return decideCancel(inventory, command, now);
    case 'cancelSome':
      return decideCancelSome(inventory, command, now);
  }
}
