import { randomBytes } from 'node:crypto';
import { pooledRandom } from './randomness.js';
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
  return headOf(slot, unixMs) + tailOf(Buffer.from(random.subarray(0, 8)).toString('hex'));
}

/** Time, version 7 and slot: the first 19 characters. */
function headOf(slot: number, unixMs: number): string {
  if (slot !== NO_SLOT && !isSlot(slot)) throw new RangeError(`slot ${slot} is not 0 to ${SLOT_COUNT - 1}`);
  const time = Math.trunc(unixMs).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${slot.toString(16).padStart(3, '0')}-`;
}

/** 62 of 64 random bits behind the variant of RFC 9562. */
function tailOf(hex: string): string {
  const variant = (Number.parseInt(hex[0]!, 16) & 3) | 8;
  return `${variant.toString(16)}${hex.slice(1, 4)}-${hex.slice(4, 16)}`;
}

/** A new id for a row of the shard that owns `slot`. */
export function newId(slot: number): string {
  return makeUuid(slot, Date.now(), pooledRandom(8));
}

/** As many new ids as a seat map needs, from one reading of randomness. */
export function newIds(slot: number, count: number): string[] {
  const head = headOf(slot, Date.now());
  const random = randomBytes(8 * count).toString('hex');
  return Array.from({ length: count }, (_, i) => head + tailOf(random.slice(16 * i, 16 * i + 16)));
}

/** A new id for a row of the master. */
export function newMasterId(): string {
  return makeUuid(NO_SLOT, Date.now(), pooledRandom(8));
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
const VALUE = new Map([...DIGITS].map((digit, value) => [digit, value]));

// Two digits each of 0 to 1023.
const PAIRS = Array.from({ length: 1024 }, (_, n) => DIGITS[n >> 5]! + DIGITS[n & 31]!);

/**
 * The public form of an id: `evt_01h455vb4pex5vsknk084sn02q`. 8 bits make the first two digits, then 20 bits four:
 * 0.9 µs, a third of what BigInt takes, since a seat map has 100,000 of them.
 */
export function formatId(kind: IdKind, uuid: string): string {
  const hex = uuid.replaceAll('-', '');
  let text = `${ID_PREFIXES[kind]}_${PAIRS[Number.parseInt(hex.slice(0, 2), 16)]}`;
  for (let i = 2; i < 32; i += 5) {
    const bits = Number.parseInt(hex.slice(i, i + 5), 16);
    text += PAIRS[bits >> 10]! + PAIRS[bits & 1023]!;
  }
  return text;
}

/** The UUID behind a public id of that kind, or null when the text is no such id. The way of `formatId` backwards. */
export function parseId(kind: IdKind, text: unknown): string | null {
  const prefix = `${ID_PREFIXES[kind]}_`;
  if (typeof text !== 'string' || text.length !== prefix.length + 26 || !text.startsWith(prefix)) return null;
  const head = bitsOf(text, prefix.length, 2);
  if (head === null || head > 0xff) return null;
  let hex = head.toString(16).padStart(2, '0');
  for (let i = prefix.length + 2; i < text.length; i += 4) {
    const bits = bitsOf(text, i, 4);
    if (bits === null) return null;
    hex += bits.toString(16).padStart(5, '0');
  }
  if (hex[12] !== '7' || !'89ab'.includes(hex[16]!)) return null;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Five bits a digit; null when one is none. */
function bitsOf(text: string, from: number, digits: number): number | null {
  let bits = 0;
  for (let i = from; i < from + digits; i++) {
    const value = VALUE.get(text[i]!);
    if (value === undefined) return null;
    bits = (bits << 5) | value;
  }
  return bits;
}
