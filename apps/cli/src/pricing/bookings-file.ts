import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { BookingLedger, type BookingRow } from '#libs/pricing';
import { parseDay } from './calendar-day.js';

const COLUMNS = ['group', 'occasion', 'booked_at', 'canceled_at', 'quantity', 'price'] as const;
const MOST_ERRORS = 20;

/** A file that cannot be used, with every line that is at fault (the first 20). */
export class BookingsFileError extends Error {
  constructor(file: string, faults: readonly string[], more: number) {
    super(
      `${file} cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}${more > 0 ? `\n  … and ${more} more` : ''}`,
    );
    this.name = 'BookingsFileError';
  }
}

/**
 * Reads bookings (CSV, gzipped if the name ends in .gz) row by row into a ledger.
 * @param asOf what became known after this day is not even read
 * @throws BookingsFileError naming the lines that are wrong
 */
export async function readBookings(file: string, asOf = Infinity): Promise<BookingLedger> {
  const ledger = new BookingLedger();
  await readRows(file, (row) => {
    if (row.bookedAt <= asOf) ledger.add(asKnownAt(row, asOf));
  });
  return ledger;
}

/** Reads the same file, giving each booking as it stands there. */
export async function readRows(file: string, take: (row: BookingRow) => void): Promise<void> {
  const faults: string[] = [];
  let count = 0;
  let rows = 0;
  let columns: number[] | undefined;
  const fault = (line: number, what: string) => {
    if (++count <= MOST_ERRORS) faults.push(`line ${line}: ${what}`);
  };
  try {
    for await (const { record, info } of openRecords(file)) {
      if (!columns) {
        columns = findColumns(file, record);
        continue;
      }
      rows++;
      const row = parseRow(record, columns);
      if (typeof row === 'string') fault(info.lines, row);
      else take(row);
    }
  } catch (error) {
    if (error instanceof BookingsFileError) throw error;
    throw new BookingsFileError(
      file,
      [...faults, (error as Error).message],
      Math.max(0, count - MOST_ERRORS),
    );
  }
  if (!columns)
    throw new BookingsFileError(file, [`line 1: no header; the columns are ${COLUMNS.join(',')}`], 0);
  if (rows === 0) throw new BookingsFileError(file, ['line 2: no booking; the file ends with its header'], 0);
  if (count > 0) throw new BookingsFileError(file, faults, count - faults.length);
}

interface ParsedRecord {
  record: string[];
  info: { lines: number };
}

function openRecords(file: string): AsyncIterable<ParsedRecord> {
  const parser = parse({ info: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  const source = createReadStream(file).on('error', (error) => parser.destroy(error));
  if (!file.endsWith('.gz')) return source.pipe(parser);
  return source
    .pipe(createGunzip())
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
}

function findColumns(file: string, header: string[]): number[] {
  const names = header.map((name) => name.trim());
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) throw new BookingsFileError(file, [`line 1: no column ${missing.join(', ')}`], 0);
  const twice = COLUMNS.filter((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (twice.length > 0)
    throw new BookingsFileError(file, [`line 1: more than one column ${twice.join(', ')}`], 0);
  return COLUMNS.map((column) => names.indexOf(column));
}

/** The row, or what is wrong with it. */
function parseRow(record: string[], columns: number[]): BookingRow | string {
  if (columns.some((index) => record[index] === undefined)) return `${record.length} fields are too few`;
  const [group, occasionText, bookedText, canceledText, quantityText, priceText] = columns.map((index) =>
    record[index]!.trim(),
  ) as [string, string, string, string, string, string];
  if (group === '') return 'group is empty';
  const occasion = parseDay(occasionText);
  if (occasion === undefined) return `occasion "${occasionText}" is no date (YYYY-MM-DD)`;
  const bookedAt = parseDay(bookedText);
  if (bookedAt === undefined) return `booked_at "${bookedText}" is no date (YYYY-MM-DD)`;
  const canceledAt = canceledText === '' ? null : parseDay(canceledText);
  if (canceledAt === undefined) return `canceled_at "${canceledText}" is no date (YYYY-MM-DD), nor empty`;
  if (bookedAt > occasion) return `booked_at ${bookedText} lies after the occasion ${occasionText}`;
  if (canceledAt !== null && canceledAt < bookedAt) {
    return `canceled_at ${canceledText} lies before booked_at ${bookedText}`;
  }
  const quantity = parseNumber(quantityText);
  if (quantity === undefined || !Number.isSafeInteger(quantity) || quantity < 1) {
    return `quantity "${quantityText}" is no whole number of at least 1`;
  }
  const price = priceText === '' ? null : parseNumber(priceText);
  if (price === undefined) return `price "${priceText}" is no number`;
  return { group, occasion, bookedAt, canceledAt, quantity, price };
}

/** Decimal, as people and programs write it; not hexadecimal, nor Infinity. */
function parseNumber(text: string): number | undefined {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

function asKnownAt(row: BookingRow, day: number): BookingRow {
  return row.canceledAt !== null && row.canceledAt > day ? { ...row, canceledAt: null } : row;
}
