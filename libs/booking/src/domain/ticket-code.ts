import { type KeyObject, verify } from 'node:crypto';

/** What a ticket's code says. Ids are UUIDs. */
export interface TicketClaims {
  bookingId: string;
  eventId: string;
  /** Which of the booking's admissions, from 1. */
  number: number;
}

const FORMAT = 1;
const CLAIMS_BYTES = 35;
const SIGNATURE_BYTES = 64;

/**
 * The bytes that are signed: format (1), booking (16), event (16), number (2, big-endian). A code is these and their
 * Ed25519 signature (64), base64url: 132 characters, checked with the public key alone (docs/tickets.md).
 */
export function claimBytes({ bookingId, eventId, number }: TicketClaims): Buffer {
  const bytes = Buffer.alloc(CLAIMS_BYTES);
  bytes[0] = FORMAT;
  bytes.write(bookingId.replaceAll('-', ''), 1, 'hex');
  bytes.write(eventId.replaceAll('-', ''), 17, 'hex');
  bytes.writeUInt16BE(number, 33);
  return bytes;
}

export function ticketCode(claims: Buffer, signature: Buffer): string {
  return Buffer.concat([claims, signature]).toString('base64url');
}

/** What a code says, if its signature is right; null otherwise. */
export function readTicketCode(code: string, publicKey: KeyObject): TicketClaims | null {
  const bytes = Buffer.from(code, 'base64url');
  if (
    bytes.length !== CLAIMS_BYTES + SIGNATURE_BYTES ||
    bytes.toString('base64url') !== code ||
    bytes[0] !== FORMAT
  )
    return null;
  const claims = bytes.subarray(0, CLAIMS_BYTES);
  if (!verify(null, claims, publicKey, bytes.subarray(CLAIMS_BYTES))) return null;
  return { bookingId: uuidAt(claims, 1), eventId: uuidAt(claims, 17), number: claims.readUInt16BE(33) };
}

function uuidAt(bytes: Buffer, offset: number): string {
  const hex = bytes.toString('hex', offset, offset + 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
