import anyAscii from 'any-ascii';

/**
 * Folds text of any script to plain lower-case Latin, for routing and searching:
 * "Élodie" → "elodie", "Чайка" → "chayka". What has no Latin form disappears.
 */
export function foldToLatin(text: string): string {
  return anyAscii(text.normalize('NFC')).toLowerCase();
}
