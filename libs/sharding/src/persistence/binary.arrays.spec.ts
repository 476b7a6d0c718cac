import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { type TestDatabases, createDatabases } from '../../../../test/support/databases.js';
import { arrays } from '../index.js';

const uuid = fc.constant(null).map(() => randomUUID() as string);
const instant = fc.integer({ min: Date.parse('1900-01-01'), max: Date.parse('2200-01-01') });
const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0') && s.isWellFormed());
const json = fc
  .jsonValue()
  .map((value) => JSON.stringify(value))
  .filter((s) => !s.includes('\\u0000') && s.isWellFormed() && !s.includes('-0') && !/e[+-]/.test(s));

/** How an array is sent, and as what its elements come back as text. */
const ARRAYS = {
  uuid: [uuid, arrays.uuids, String],
  text: [text, arrays.texts, String],
  json: [json, arrays.jsons, String],
  jsonb: [json, arrays.jsonbs, (value: string) => value],
  bytea: [fc.uint8Array(), arrays.byteas, (value: Uint8Array) => `\\x${Buffer.from(value).toString('hex')}`],
  smallint: [fc.integer({ min: -32_768, max: 32_767 }), arrays.smallints, String],
  integer: [fc.integer(), arrays.integers, String],
  bigint: [fc.maxSafeInteger(), arrays.bigints, String],
  timestamptz: [instant, arrays.times, (ms: number) => new Date(ms).toISOString()],
} as const;

describe.each([18, 15] as const)('arrays in binary on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let client: pg.Client;

  beforeAll(async () => {
    databases = await createDatabases({ postgres });
    client = new pg.Client({ connectionString: databases.env.MASTER_URL });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await databases.drop();
  });

  it.each(Object.keys(ARRAYS) as (keyof typeof ARRAYS)[])('are what they say: %s', async (type) => {
    const [element, encode, shown] = ARRAYS[type] as unknown as [
      fc.Arbitrary<unknown>,
      (values: unknown[]) => Buffer,
      (value: unknown) => string,
    ];
    // The same array as text, as `pg` sends it, is the measure; IS NOT DISTINCT FROM where the type has no =.
    const same = ['json', 'jsonb'].includes(type)
      ? 'one::text IS NOT DISTINCT FROM two::text'
      : 'one IS NOT DISTINCT FROM two';
    const compare = `
      SELECT count(*)::integer AS elements, coalesce(bool_and(${same}), true) AS same
      FROM unnest($1::${type}[], $2::${type}[]) AS a (one, two)`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(element), { maxLength: 20 }), async (values) => {
        const asText = values.map((value) => (value === null ? null : shown(value)));
        const { rows } = await client.query(compare, [encode(values), asText]);
        expect(rows).toEqual([{ elements: values.length, same: true }]);
      }),
      { numRuns: 50 },
    );
  });
});

it.each([
  '',
  'x',
  '01234567-89ab-7cde-8f01-23456789abcg',
  '0123456789ab7cde8f0123456789abcdef01',
  '01234567-89ab-7cde-8f01-23456789abcdé',
])('takes no %j for a UUID', (id) => {
  expect(() => arrays.uuids([id])).toThrow('is no UUID');
});

it('takes no fraction, and nothing too large, for a whole number', () => {
  expect(() => arrays.integers([1.5])).toThrow(expect.objectContaining({ name: 'RangeError' }));
  expect(() => arrays.integers([2 ** 31])).toThrow(expect.objectContaining({ name: 'RangeError' }));
  expect(() => arrays.smallints([2 ** 15])).toThrow(expect.objectContaining({ name: 'RangeError' }));
  expect(() => arrays.bigints([2 ** 53])).toThrow(expect.objectContaining({ name: 'RangeError' }));
});
