import { type KeyObject, hash, verify } from 'node:crypto';

/** What a ticket's code says. Ids are UUIDs. */
export interface TicketClaims {
  bookingId: string;
  eventId: string;
  /** Which of the booking's admissions, from 1. */
  number: number;
}

const FORMAT = 2;
/** Format, booking, event: what all tickets of a booking share. */
const BOOKING_BYTES = 33;
const CLAIMS_BYTES = BOOKING_BYTES + 2;
const NONCE_BYTES = 16;
/** Of a SHA-256, so that codes stay small: to find other tickets with the same node takes 2^128 tries. */
const NODE_BYTES = 16;
export const SIGNATURE_BYTES = 64;
/** What is signed: what all tickets of a booking share, and the root. */
export const SIGNED_BYTES = BOOKING_BYTES + NODE_BYTES;
const LEAF_BYTES = CLAIMS_BYTES + NONCE_BYTES;
/** Numbers have 16 bits, and so has the deepest tree. */
const MAX_DEPTH = 16;
const NO_TICKET = Buffer.alloc(NODE_BYTES);

/** The codes of a booking's tickets but for the signature. */
export interface UnsignedCodes {
  /** What is to be signed, `SIGNED_BYTES` bytes. */
  toSign: Buffer;
  /** Number 1 first: each ticket's claims and nonce, and its way to the root. */
  tickets: Buffer[];
}

/**
 * The codes of a booking's tickets, for one signature: of the root of the hash tree over all of them; docs/tickets.md has the
 * bytes. The nonce keeps who has one ticket from making the code of the next.
 * @param secret 32 bytes that nobody else knows
 */
export function unsignedCodes(
  { bookingId, eventId, count }: { bookingId: string; eventId: string; count: number },
  secret: Buffer,
): UnsignedCodes {
  const booking = bookingBytes(bookingId, eventId);
  const leaves = Array.from({ length: count }, (_, i) => leafOf(booking, i + 1, secret));
  const levels = treeOver(leaves.map(node));
  const tickets = leaves.map((leaf, i) => {
    const way = levels.slice(0, -1).map((level, depth) => level[(i >> depth) ^ 1] ?? NO_TICKET);
    return Buffer.concat([leaf, ...way]);
  });
  return { toSign: Buffer.concat([booking, levels.at(-1)![0]!]), tickets };
}

/** @param signature Ed25519, of `toSign` */
export function ticketCodes({ tickets }: UnsignedCodes, signature: Buffer): string[] {
  return tickets.map((ticket) => Buffer.concat([ticket, signature]).toString('base64url'));
}

/** What a code says, if its signature is right; null otherwise. */
export function readTicketCode(code: string, publicKey: KeyObject): TicketClaims | null {
  const bytes = Buffer.from(code, 'base64url');
  const depth = (bytes.length - LEAF_BYTES - SIGNATURE_BYTES) / NODE_BYTES;
  if (!Number.isInteger(depth) || depth < 0 || depth > MAX_DEPTH) return null;
  if (bytes.toString('base64url') !== code || bytes[0] !== FORMAT) return null;
  const number = bytes.readUInt16BE(BOOKING_BYTES);
  let root = node(bytes.subarray(0, LEAF_BYTES));
  for (let level = 0; level < depth; level++) {
    const sibling = bytes.subarray(LEAF_BYTES + level * NODE_BYTES, LEAF_BYTES + (level + 1) * NODE_BYTES);
    const isRight = ((number - 1) >> level) & 1;
    root = node(Buffer.concat(isRight ? [sibling, root] : [root, sibling]));
  }
  const signed = Buffer.concat([bytes.subarray(0, BOOKING_BYTES), root]);
  if (!verify(null, signed, publicKey, bytes.subarray(-SIGNATURE_BYTES))) return null;
  return { bookingId: uuidAt(bytes, 1), eventId: uuidAt(bytes, 17), number };
}

/** Leaves first, then each level half as long, rounded up, to the root; where a sibling is missing, `NO_TICKET` stands in. */
function treeOver(leaves: Buffer[]): Buffer[][] {
  const levels = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) {
    const below = level;
    level = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
      node(Buffer.concat([below[2 * i]!, below[2 * i + 1] ?? NO_TICKET])),
    );
  }
  return levels;
}

/** A ticket's claims and nonce. */
function leafOf(booking: Buffer, number: number, secret: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(secret.length + LEAF_BYTES);
  const leaf = bytes.subarray(secret.length);
  bytes.set(secret);
  leaf.set(booking);
  leaf.writeUInt16BE(number, BOOKING_BYTES);
  // Of the secret and the claims, which it comes behind.
  writeHash(bytes.subarray(0, -NONCE_BYTES), leaf, CLAIMS_BYTES, NONCE_BYTES);
  return leaf;
}

function node(bytes: Buffer): Buffer {
  const written = Buffer.allocUnsafe(NODE_BYTES);
  writeHash(bytes, written, 0, NODE_BYTES);
  return written;
}

/** The beginning of a SHA-256. It comes as text: a buffer of its own is four times as dear as the hash. */
function writeHash(bytes: Buffer, to: Buffer, at: number, length: number): void {
  to.write(hash('sha256', bytes, 'hex'), at, length, 'hex');
}

function bookingBytes(bookingId: string, eventId: string): Buffer {
  const bytes = Buffer.allocUnsafe(BOOKING_BYTES);
  bytes[0] = FORMAT;
  bytes.write(bookingId.replaceAll('-', ''), 1, 'hex');
  bytes.write(eventId.replaceAll('-', ''), 17, 'hex');
  return bytes;
}

function uuidAt(bytes: Buffer, offset: number): string {
  const hex = bytes.toString('hex', offset, offset + 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
