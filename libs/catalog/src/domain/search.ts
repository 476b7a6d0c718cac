import { foldToLatin } from '#libs/kernel';

const MAX_WORD = 64;
const MAX_WORDS = 12;

/** The words of a text in any script, as they are indexed and searched: lower-case Latin letters and digits. */
export function wordsOf(text: string): string[] {
  return foldToLatin(text)
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .map((word) => word.slice(0, MAX_WORD));
}

/** A query for texts that have, for each word, one that begins with it; null when there is no word. */
export function searchQuery(search: string): string | null {
  const words = wordsOf(search).slice(0, MAX_WORDS);
  return words.length ? words.map((word) => `${word}:*`).join(' & ') : null;
}

/** How filters compare categories and cities: whatever the case, the accents and the blanks. */
export function foldName(name: string): string {
  return foldToLatin(name).trim().replace(/\s+/g, ' ');
}
