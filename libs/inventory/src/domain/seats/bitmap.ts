// Sets of a section's seats as bits: seat n is bit n % 8, counted from the lowest, of byte n / 8, as PostgreSQL's
// get_bit counts them too. Where runs are looked for, the bytes are read as words of 32 bits; Node runs on little-endian
// machines only.

export function isSet(bytes: Uint8Array, n: number): boolean {
  return ((bytes[n >>> 3]! >>> (n & 7)) & 1) === 1;
}

export function setBit(bytes: Uint8Array, n: number): void {
  bytes[n >>> 3]! |= 1 << (n & 7);
}

export function clearBit(bytes: Uint8Array, n: number): void {
  bytes[n >>> 3]! &= ~(1 << (n & 7));
}

/** What is in any of the sets, which are of one length, as words. */
export function unionOf(...sets: readonly Uint8Array[]): Uint32Array {
  const words = new Uint32Array(Math.ceil(sets[0]!.length / 4));
  const bytes = bytesOf(words);
  for (const set of sets) for (let i = 0; i < set.length; i++) bytes[i]! |= set[i]!;
  return words;
}

/** The same set, to be read and changed seat by seat. */
export function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer);
}

/** The first seat of the set from `from` on; `end` when there is none before it. */
export function firstSet(words: Uint32Array, from: number, end: number): number {
  if (from >= end) return end;
  let word = from >>> 5;
  let bits = words[word]! & (-1 << (from & 31));
  while (bits === 0) {
    if (++word << 5 >= end) return end;
    bits = words[word]!;
  }
  return Math.min(end, (word << 5) + lowest(bits));
}

/** The first seat from `from` on that is not in the set; `end` when there is none before it. */
export function firstClear(words: Uint32Array, from: number, end: number): number {
  if (from >= end) return end;
  let word = from >>> 5;
  let bits = ~words[word]! & (-1 << (from & 31));
  while (bits === 0) {
    if (++word << 5 >= end) return end;
    bits = ~words[word]!;
  }
  return Math.min(end, (word << 5) + lowest(bits));
}

function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
