import { arrays } from '#libs/sharding';
import { type Request, keyOf } from '../domain/batch.js';
import type { Command } from '../domain/command.js';
import { personKey } from '../domain/inventory.js';

/** What the requests of a batch name, each once, as values of the reader's statements. */
export function needsOf(requests: readonly Request[]) {
  const events = new Set<string>();
  const types = new Set<string>();
  const persons = new Map<string, [string, string, string]>();
  const keys = new Map<string, [string, string]>();
  const some: [eventId: string, limit: number][] = [];
  const joining = new Map<string, [string, string]>();
  for (const { command, key } of requests) {
    events.add(command.eventId);
    if (key) keys.set(keyOf(key), [key.caller, key.key]);
    if (command.kind === 'cancelSome') some.push([command.eventId, command.limit]);
    if (command.kind === 'join') {
      joining.set(personKey(command.userId, command.ticketTypeId), [command.userId, command.ticketTypeId]);
    }
    if (command.kind !== 'book' && command.kind !== 'hold' && command.kind !== 'join') continue;
    for (const { ticketTypeId } of command.kind === 'join' ? [command] : command.asks) {
      types.add(ticketTypeId);
      persons.set(personKey(command.userId, ticketTypeId), [command.eventId, command.userId, ticketTypeId]);
    }
  }
  return {
    events: [...events],
    types: [...types],
    persons: columns([...persons.values()], [arrays.uuids, arrays.uuids, arrays.uuids]),
    keys: columns([...keys.values()], [arrays.uuids, arrays.texts]),
    bookings: named(requests, (c) => (c.kind === 'cancel' || c.kind === 'checkIn' ? c.bookingId : null)),
    holds: named(requests, (c) => (c.kind === 'release' || c.kind === 'consume' ? c.holdId : null)),
    entries: named(requests, (c) => ('entryId' in c && c.kind !== 'join' ? c.entryId : null)),
    joining: columns([...joining.values()], [arrays.uuids, arrays.uuids]),
    some,
  };
}

function named(requests: readonly Request[], idOf: (command: Command) => string | null): string[] {
  return [...new Set(requests.flatMap(({ command }) => idOf(command) ?? []))];
}

/** A parameter a column; null for no rows. */
function columns(
  rows: readonly (readonly string[])[],
  types: readonly ((values: string[]) => Buffer)[],
): Buffer[] | null {
  return rows.length ? types.map((array, column) => array(rows.map((row) => row[column]!))) : null;
}
