import { refusals } from './refusal.js';

/** One page of a list; `nextCursor` null on the last. */
export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

export type CursorKey = readonly (string | number | null)[];

/** The opaque form of the last row's sort key. `list` names the list and its order, so that cursors cannot cross. */
export function encodeCursor(list: string, key: CursorKey): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

/** The sort key behind a cursor of that list with `length` members; throws `invalid_cursor` otherwise. */
export function decodeCursor(list: string, length: number, cursor: string): CursorKey {
  const parts = parse(cursor);
  if (!Array.isArray(parts) || parts.length !== length + 1 || parts[0] !== list) throw invalid();
  const key: unknown[] = parts.slice(1);
  if (!key.every(isKeyPart)) throw invalid();
  return key;
}

/** Cuts rows fetched with limit + 1 to a page. */
export function toPage<Row>(
  list: string,
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => CursorKey,
): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last ? encodeCursor(list, keyOf(last)) : null };
}

function isKeyPart(part: unknown): part is string | number | null {
  return part === null || typeof part === 'string' || (typeof part === 'number' && Number.isFinite(part));
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw invalid();
  }
}

function invalid() {
  return refusals.invalid_cursor('The cursor is not one that this list gave; start again without it.');
}
