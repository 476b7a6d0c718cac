import { foldToLatin } from './fold.js';

/** Slots 0 to 701, in alphabetical order of a title's first two letters: 27 · first + second. */
export const SLOT_COUNT = 702;
const NO_LETTER = 26;
const A = 'a'.charCodeAt(0);

/**
 * The slot of a title, a pure function of the title. Leading blanks, quotes and punctuation do not count;
 * a title that starts with no letter (a digit, a symbol) takes the slot of its hash.
 */
export function slotOfTitle(title: string): number {
  const folded = foldToLatin(title).replace(/^[^a-z0-9]+/, '');
  const first = letter(folded[0]);
  if (first === NO_LETTER) return hash(folded || title) % SLOT_COUNT;
  return 27 * first + letter(folded[1]);
}

/** The two letters that name a slot in ranges: 0 is "AA", 701 (Z and no letter) is "ZZ". */
export function lettersOfSlot(slot: number): string {
  const first = Math.floor(slot / 27);
  const second = Math.min(slot % 27, 25);
  return String.fromCharCode(A + first, A + second).toUpperCase();
}

function letter(char: string | undefined): number {
  return char !== undefined && char >= 'a' && char <= 'z' ? char.charCodeAt(0) - A : NO_LETTER;
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return h;
}
