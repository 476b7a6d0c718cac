import { type IdKind, formatId, parseId } from '#libs/kernel';

/** What a client may follow. Ids are UUIDs; a user's own topic is `me` to the client. */
export interface Topic {
  kind: 'event' | 'user' | 'waitlist';
  id: string;
  /** Of a waitlist entry: its list, a ticket type. Not part of the name. */
  list?: string;
}

/** The topic's name within the system: `event:<uuid>`. */
export function keyOf({ kind, id }: Topic): string {
  return `${kind}:${id}`;
}

/** The topic's name as clients say it. */
export function nameOf({ kind, id }: Topic): string {
  if (kind === 'user') return 'me';
  return kind === 'event' ? `event:${formatId('event', id)}` : `waitlist:${formatId('waitlistEntry', id)}`;
}

const NAMED: readonly [prefix: string, kind: Topic['kind'], id: IdKind][] = [
  ['event:', 'event', 'event'],
  ['waitlist:', 'waitlist', 'waitlistEntry'],
];

/** What a client means by a name; `me` is left to who knows the client. Null when it names nothing there could be. */
export function parseTopic(name: string): Topic | 'me' | null {
  if (name === 'me') return 'me';
  for (const [prefix, kind, idKind] of NAMED) {
    const id = name.startsWith(prefix) ? parseId(idKind, name.slice(prefix.length)) : null;
    if (id !== null) return { kind, id };
  }
  return null;
}
