// Arrays as parameters in PostgreSQL's binary format (array_recv), for statements that write hundreds of rows at once.
// As text, each element is quoted here and taken apart, unquoted and parsed there; that was a third of what a batch of
// bookings cost on both sides. `null` is NULL. What PostgreSQL declares ($1::uuid[]) must be what is sent.

type Nullable<T> = readonly (T | null)[];

/** Object ids of the element types, the same in every PostgreSQL (pg_type.dat). */
const OID = {
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  json: 114,
  timestamptz: 1184,
  uuid: 2950,
  jsonb: 3802,
};
/** Dimensions, whether there are NULLs, element type, length, lower bound: 4 bytes each. */
const HEADER = 20;
/** Before each element: its length, or -1 for NULL. */
const LENGTH = 4;
/** PostgreSQL counts microseconds from 2000. */
const EPOCH_MS = 946_684_800_000;

export function uuids(values: Nullable<string>): Buffer {
  return fixed(OID.uuid, 16, values, writeUuid);
}

export function texts(values: Nullable<string>): Buffer {
  return varied(OID.text, 0, values);
}

/** Texts of JSON, for json[]. */
export function jsons(values: Nullable<string>): Buffer {
  return varied(OID.json, 0, values);
}

/** Texts of JSON, for jsonb[]. */
export function jsonbs(values: Nullable<string>): Buffer {
  return varied(OID.jsonb, 1, values);
}

export function byteas(values: Nullable<Uint8Array>): Buffer {
  const size = values.reduce((sum, value) => sum + (value?.length ?? 0), HEADER + LENGTH * values.length);
  const bytes = start(OID.bytea, size, values);
  let at = HEADER;
  for (const value of values) {
    at = bytes.writeInt32BE(value?.length ?? -1, at);
    if (value) bytes.set(value, at);
    at += value?.length ?? 0;
  }
  return ended(bytes, values);
}

export function smallints(values: Nullable<number>): Buffer {
  return fixed(OID.int2, 2, values, (bytes, value, at) => bytes.writeInt16BE(whole(value), at));
}

export function integers(values: Nullable<number>): Buffer {
  return fixed(OID.int4, 4, values, (bytes, value, at) => bytes.writeInt32BE(whole(value), at));
}

/** Whole numbers up to 2^53. */
export function bigints(values: Nullable<number>): Buffer {
  return fixed(OID.int8, 8, values, writeBigint);
}

/** Milliseconds since 1970, for timestamptz[]. */
export function times(values: Nullable<number>): Buffer {
  return fixed(OID.timestamptz, 8, values, (bytes, ms, at) => writeBigint(bytes, (ms - EPOCH_MS) * 1000, at));
}

function fixed<T>(
  oid: number,
  width: number,
  values: Nullable<T>,
  write: (bytes: Buffer, value: T, at: number) => void,
): Buffer {
  const bytes = start(oid, HEADER + (LENGTH + width) * values.length, values);
  let at = HEADER;
  for (const value of values) {
    at = bytes.writeInt32BE(value === null ? -1 : width, at);
    if (value === null) continue;
    write(bytes, value, at);
    at += width;
  }
  return ended(bytes.subarray(0, at), values);
}

/** @param version a byte that comes first in each element, where the type has one: 1 */
function varied(oid: number, version: 0 | 1, values: Nullable<string>): Buffer {
  const each = LENGTH + version;
  const size = values.reduce((sum, value) => sum + each + Buffer.byteLength(value ?? ''), HEADER);
  const bytes = start(oid, size, values);
  let at = HEADER;
  for (const value of values) {
    if (value === null) {
      at = bytes.writeInt32BE(-1, at);
      continue;
    }
    const from = at + LENGTH;
    if (version) bytes[from] = version;
    const end = from + version + bytes.write(value, from + version);
    bytes.writeInt32BE(end - from, at);
    at = end;
  }
  return ended(bytes.subarray(0, at), values);
}

function writeBigint(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(whole(value) / 2 ** 32);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * 2 ** 32, at + 4);
}

/** Buffer cuts fractions off; PostgreSQL would not have. */
function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`);
  return value;
}

function start(oid: number, size: number, values: Nullable<unknown>): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(values.includes(null) ? 1 : 0, 4);
  bytes.writeInt32BE(oid, 8);
  bytes.writeInt32BE(values.length, 12);
  bytes.writeInt32BE(1, 16);
  return bytes;
}

/** An array without elements has no dimensions either. */
function ended(bytes: Buffer, values: Nullable<unknown>): Buffer {
  if (values.length) return bytes;
  bytes.writeInt32BE(0, 0);
  return bytes.subarray(0, 12);
}

/** Where in its text the two digits of each of a UUID's bytes stand. */
const DIGITS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
/** The value of a hexadecimal digit by its character code; -1 for what is none. */
const VALUE = Int8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? -1 : value;
});

function writeUuid(bytes: Buffer, id: string, at: number): void {
  let bad = id.length === 36 && id[8] === '-' && id[13] === '-' && id[18] === '-' && id[23] === '-' ? 0 : -1;
  for (let i = 0; i < 16; i++) {
    const digit = DIGITS[i]!;
    const [high, low] = [valueAt(id, digit), valueAt(id, digit + 1)];
    bad |= high | low;
    bytes[at + i] = (high << 4) | low;
  }
  if (bad < 0) throw new TypeError(`${JSON.stringify(id)} is no UUID`);
}

function valueAt(text: string, at: number): number {
  return VALUE[text.charCodeAt(at)] ?? -1;
}
