import { randomFillSync } from 'node:crypto';

// A reading of randomness is a system call: some ten ids a request took a twelfth of a booking.
const pool = Buffer.alloc(8192);
let used = pool.length;

/** So many random bytes (at most 8,192) from a pool that is read in one go. For ids, not for keys and passwords. */
export function pooledRandom(bytes: number): Buffer {
  if (bytes > pool.length) throw new RangeError(`${bytes} bytes of randomness at once`);
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const from = used;
  used += bytes;
  // A copy: the pool is filled anew under whoever keeps a view of it.
  const random = Buffer.from(pool.subarray(from, used));
  pool.fill(0, from, used);
  return random;
}
