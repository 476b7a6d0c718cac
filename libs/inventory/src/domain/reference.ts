import { slotOfId } from '#libs/kernel';

// Crockford's base32: no I, L, O, U, so that it can be read aloud and typed from paper.
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * The reference of a booking, `K7Q2M-9XTP4`: ten characters, two for the slot (so that shards cannot collide)
 * and eight at random.
 * @param random 5 bytes
 */
export function bookingReference(bookingId: string, random: Uint8Array): string {
  const slot = slotOfId(bookingId);
  if (slot === null) throw new RangeError(`booking ${bookingId} carries no slot`);
  let bits = BigInt(slot);
  for (const byte of random.subarray(0, 5)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < 10; i++) {
    text = DIGITS[Number(bits & 31n)]! + text;
    bits >>= 5n;
  }
  return `${text.slice(0, 5)}-${text.slice(5)}`;
}
