import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';

const COLUMNS = ['group', 'occasion', 'booked_at', 'canceled_at', 'quantity', 'price'] as const;
/** How many faults are told before the reading stops. */
const MAX_FAULTS = 20;

/** One row of the file. Days are `YYYY-MM-DD`. */
export interface Reservation {
  line: number;
  group: string;
  occasion: string;
  bookedAt: string;
  canceledAt: string | null;
  quantity: number;
  /** An outcome (average daily rate), not a posted price: 0 and negative ones occur. Major units. */
  price: number;
}

/** The file cannot be replayed; each fault names its line. */
export class MalformedFile extends Error {
  constructor(
    readonly path: string,
    readonly faults: string[],
  ) {
    super(`${path} cannot be replayed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/**
 * Reads the reservations of a CSV file (plain or gzip), row by row, in the file's order.
 * @param from,to only occasions of these days, both included
 * @throws MalformedFile with the line numbers of what is wrong
 */
export async function readReservations(path: string, from?: string, to?: string): Promise<Reservation[]> {
  const faults: string[] = [];
  const reservations: Reservation[] = [];
  let header: string[] | null = null;
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  const read = async (rows: AsyncIterable<{ record: string[]; info: { lines: number } }>) => {
    for await (const { record, info } of rows) {
      if (!header) {
        header = record;
        const missing = COLUMNS.filter((column) => !record.includes(column));
        if (missing.length)
          throw new MalformedFile(path, [`line 1: the columns ${missing.join(', ')} are missing`]);
        continue;
      }
      const result = parseRow(header, record, info.lines);
      if (typeof result === 'string') faults.push(`line ${info.lines}: ${result}`);
      else if ((!from || result.occasion >= from) && (!to || result.occasion <= to))
        reservations.push(result);
      if (faults.length >= MAX_FAULTS) throw new MalformedFile(path, [...faults, 'and perhaps more']);
    }
  };
  try {
    if (await isGzip(path)) await pipeline(createReadStream(path), createGunzip(), parser, read);
    else await pipeline(createReadStream(path), parser, read);
  } catch (error) {
    throw error instanceof MalformedFile ? error : new MalformedFile(path, [...faults, reasonOf(error)]);
  }
  if (!header) faults.push('line 1: the file is empty');
  if (faults.length) throw new MalformedFile(path, faults);
  return reservations;
}

function parseRow(header: string[], record: string[], line: number): Reservation | string {
  if (record.length !== header.length) return `has ${record.length} columns instead of ${header.length}`;
  const cell = (column: (typeof COLUMNS)[number]) => record[header.indexOf(column)]!;
  for (const column of ['occasion', 'booked_at'] as const)
    if (!isDay(cell(column))) return `${column} "${cell(column)}" is no day (YYYY-MM-DD)`;
  const canceledAt = cell('canceled_at') || null;
  if (canceledAt && !isDay(canceledAt)) return `canceled_at "${canceledAt}" is no day (YYYY-MM-DD)`;
  if (canceledAt && canceledAt < cell('booked_at')) return 'is canceled before it was booked';
  const quantity = Number(cell('quantity'));
  if (!/^\d+$/.test(cell('quantity')) || !Number.isSafeInteger(quantity) || quantity < 1)
    return `quantity "${cell('quantity')}" is no whole number from 1`;
  const price = Number(cell('price'));
  if (cell('price') === '' || !Number.isFinite(price)) return `price "${cell('price')}" is no number`;
  if (!cell('group')) return 'group is empty';
  const [group, occasion, bookedAt] = [cell('group'), cell('occasion'), cell('booked_at')];
  return { line, group, occasion, bookedAt, canceledAt, quantity, price };
}

/** Whether the text is a day of the calendar, as `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR')
    return `the gzip data is damaged or cut off (${code})`;
  return message;
}
