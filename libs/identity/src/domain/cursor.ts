import { type IdKind, type Page, decodeCursor, formatId, parseId, refusals, toPage } from '#libs/kernel';

/** Where a list in the order of ids goes on: the id of the last row shown, or null at its beginning. */
export function lastOf(list: string, kind: IdKind, cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = parseId(kind, decodeCursor(list, 1, cursor)[0]);
  if (id === null)
    throw refusals.invalid_cursor('The cursor is not one that this list gave; start again without it.');
  return id;
}

/** Cuts rows fetched with limit + 1 to a page. */
export function pageById<Row extends { id: string }>(
  list: string,
  kind: IdKind,
  rows: Row[],
  limit: number,
): Page<Row> {
  return toPage(list, rows, limit, (row) => [formatId(kind, row.id)]);
}
