import { randomBytes } from 'node:crypto';
import { SLOT_COUNT } from './slot.js';

/** The prefixes of public ids, by what they name. */
export const ID_PREFIXES = {
  user: 'usr',
  organization: 'org',
  event: 'evt',
  ticketType: 'tkt',
  seat: 'sea',
  hold: 'hld',
  booking: 'bkg',
  admission: 'adm',
  waitlistEntry: 'wle',
  apiKey: 'key',
  webhook: 'whk',
  delivery: 'dlv',
  pushSubscription: 'psh',
  notification: 'ntf',
  job: 'job',
} as const;
export type IdKind = keyof typeof ID_PREFIXES;

/** Ids of the master's rows belong to no shard: their `rand_a` bits hold this value. */
export const NO_SLOT = 0xfff;

/**
 * A UUIDv7 (RFC 9562) whose twelve `rand_a` bits hold the slot, so that an id routes itself.
 * @param unixMs milliseconds since 1970 · @param random at least 8 bytes
 */
export function makeUuid(slot: number, unixMs: number, random: Uint8Array): string {
  if (slot !== NO_SLOT && !isSlot(slot)) throw new RangeError(`slot ${slot} is not 0 to ${SLOT_COUNT - 1}`);
  const time = Math.trunc(unixMs).toString(16).padStart(12, '0');
  const tail = Buffer.from(random.subarray(0, 8));
  tail[0] = (tail[0]! & 0x3f) | 0x80;
  const hex = tail.toString('hex');
  const randA = slot.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randA}-${hex.slice(0, 4)}-${hex.slice(4)}`;
}

/** A new id for a row of the shard that owns `slot`. */
export function newId(slot: number): string {
  return makeUuid(slot, Date.now(), randomBytes(8));
}

/** As many new ids as a seat map needs, from one reading of randomness. */
export function newIds(slot: number, count: number): string[] {
  const random = randomBytes(8 * count);
  const now = Date.now();
  return Array.from({ length: count }, (_, i) => makeUuid(slot, now, random.subarray(8 * i, 8 * i + 8)));
}

/** A new id for a row of the master. */
export function newMasterId(): string {
  return makeUuid(NO_SLOT, Date.now(), randomBytes(8));
}

/** The slot that an id carries, or null when it carries none (a master's id, a forged one). */
export function slotOfId(uuid: string): number | null {
  const slot = Number.parseInt(uuid.slice(15, 18), 16);
  return uuid[14] === '7' && isSlot(slot) ? slot : null;
}

function isSlot(slot: number): boolean {
  return Number.isInteger(slot) && slot >= 0 && slot < SLOT_COUNT;
}

// Crockford's base32, lower case, as in the TypeID format: 26 digits for 128 bits, the first at most 7.
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const VALUE = new Map([...DIGITS].map((digit, value) => [digit, BigInt(value)]));

/** The public form of an id: `evt_01h455vb4pex5vsknk084sn02q`. */
export function formatId(kind: IdKind, uuid: string): string {
  let rest = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = DIGITS[Number(rest & 31n)]! + text;
    rest >>= 5n;
  }
  return `${ID_PREFIXES[kind]}_${text}`;
}

/** The UUID behind a public id of that kind, or null when the text is no such id. */
export function parseId(kind: IdKind, text: unknown): string | null {
  const prefix = `${ID_PREFIXES[kind]}_`;
  if (typeof text !== 'string' || text.length !== prefix.length + 26 || !text.startsWith(prefix)) return null;
  let number = 0n;
  for (const digit of text.slice(prefix.length)) {
    const value = VALUE.get(digit);
    if (value === undefined) return null;
    number = (number << 5n) | value;
  }
  if (number >> 128n) return null;
  const hex = number.toString(16).padStart(32, '0');
  if (hex[12] !== '7' || !'89ab'.includes(hex[16]!)) return null;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
