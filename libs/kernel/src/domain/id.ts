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
 * @param unixMs milliseconds since 1970 · @param random at least 16 hexadecimal digits
 */
export function makeUuid(slot: number, unixMs: number, random: string): string {
  return headOf(slot, unixMs) + tailOf(random);
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
  return makeUuid(slot, Date.now(), pooledRandom(8).toString('hex'));
}

/** As many new ids as a seat map needs, from one reading of randomness. */
export function newIds(slot: number, count: number): string[] {
  const head = headOf(slot, Date.now());
  const random = randomBytes(8 * count).toString('hex');
  return Array.from({ length: count }, (_, i) => head + tailOf(random.slice(16 * i, 16 * i + 16)));
}

/** A new id for a row of the master. */
export function newMasterId(): string {
  return makeUuid(NO_SLOT, Date.now(), pooledRandom(8).toString('hex'));
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
const DIGITS = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz');
const HEX = Buffer.from('0123456789abcdef');
const DASH = 45;
const NONE = 0xff;
/** By the code of a character, what it stands for as a digit. */
const VALUES = valuesOf(DIGITS);
const HEX_VALUES = valuesOf(HEX);

/** What an id begins with, and room for the rest: ids are written over each other, since each is read at once. */
const PUBLIC = Object.fromEntries(
  Object.entries(ID_PREFIXES).map(([kind, prefix]) => [kind, Buffer.from(`${prefix}_${'0'.repeat(26)}`)]),
) as Record<IdKind, Buffer>;
const UUID = Buffer.from('00000000-0000-0000-0000-000000000000');
const PREFIX_LENGTH = 4;

/**
 * The public form of an id: `evt_01h455vb4pex5vsknk084sn02q`. Four bits in a character there, five here, two zeros before
 * the first. Bytes, since a text that is put together from pieces is put together again by whoever reads it.
 */
export function formatId(kind: IdKind, uuid: string): string {
  const text = PUBLIC[kind];
  let at = PREFIX_LENGTH;
  let bits = 0;
  let held = 2;
  for (let i = 0; i < uuid.length; i++) {
    const code = uuid.charCodeAt(i);
    if (code === DASH) continue;
    bits = ((bits & 15) << 4) | HEX_VALUES[code]!;
    held += 4;
    if (held < 5) continue;
    held -= 5;
    text[at++] = DIGITS[(bits >> held) & 31]!;
  }
  return text.toString('latin1');
}

/** The UUID behind a public id of that kind, or null when the text is no such id. The way of `formatId` backwards. */
export function parseId(kind: IdKind, text: unknown): string | null {
  if (typeof text !== 'string' || text.length !== PUBLIC[kind].length) return null;
  if (!text.startsWith(ID_PREFIXES[kind]) || text[PREFIX_LENGTH - 1] !== '_') return null;
  let at = 0;
  let bits = 0;
  let held = -2;
  for (let i = PREFIX_LENGTH; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? NONE;
    if (value === NONE || (i === PREFIX_LENGTH && value > 7)) return null;
    bits = ((bits & 15) << 5) | value;
    for (held += 5; held >= 4;) {
      held -= 4;
      if (UUID[at] === DASH) at++;
      UUID[at++] = HEX[(bits >> held) & 15]!;
    }
  }
  const uuid = UUID.toString('latin1');
  return uuid[14] === '7' && '89ab'.includes(uuid[19]!) ? uuid : null;
}

function valuesOf(digits: Buffer): Uint8Array {
  const values = new Uint8Array(128).fill(NONE);
  for (const [value, code] of digits.entries()) values[code] = value;
  return values;
}
