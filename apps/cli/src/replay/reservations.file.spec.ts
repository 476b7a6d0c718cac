import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { MalformedFile, readReservations } from './reservations.file.js';

const HEADER = 'group,occasion,booked_at,canceled_at,quantity,price\n';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evently-replay-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(content: string | Buffer): Promise<string> {
  const path = join(folder, `${Math.random()}.csv`);
  await writeFile(path, content);
  return path;
}

async function faultsOf(content: string | Buffer): Promise<string[]> {
  const error: unknown = await readReservations(await file(content)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(MalformedFile);
  return (error as MalformedFile).faults;
}

it('reads the whole shipped file, its equal rows and its odd prices too', async () => {
  const rows = await readReservations('data/resort_bookings.csv.gz');
  expect(rows).toHaveLength(40_060);
  expect(rows.filter((row) => row.canceledAt)).toHaveLength(10_831);
  expect(rows.filter((row) => row.price <= 0)).toHaveLength(752);
  expect(new Set(rows.map((row) => row.occasion)).size).toBe(793);
});

it('takes columns in any order, quoted cells, a gap, and gzip by its content', async () => {
  const text =
    'price,quantity,canceled_at,booked_at,occasion,group,more\n1.5,3,,2024-01-01,2024-02-29,"a, b",x\n\n-2,1,2024-01-01,2024-01-01,2024-03-01,c,\n';
  const expected = [
    {
      line: 2,
      group: 'a, b',
      occasion: '2024-02-29',
      bookedAt: '2024-01-01',
      canceledAt: null,
      quantity: 3,
      price: 1.5,
    },
    {
      line: 4,
      group: 'c',
      occasion: '2024-03-01',
      bookedAt: '2024-01-01',
      canceledAt: '2024-01-01',
      quantity: 1,
      price: -2,
    },
  ];
  expect(await readReservations(await file(text))).toEqual(expected);
  expect(await readReservations(await file(gzipSync(text)))).toEqual(expected);
});

it('keeps the occasions from a day to a day, both included', async () => {
  const rows = ['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04'].map(
    (day) => `g,${day},2023-12-01,,1,1\n`,
  );
  const kept = await readReservations(await file(HEADER + rows.join('')), '2024-01-02', '2024-01-03');
  expect(kept.map((row) => row.occasion)).toEqual(['2024-01-02', '2024-01-03']);
});

it('names the line and the fault of every malformed row', async () => {
  const rows = [
    'g,2024-02-30,2024-01-01,,1,1',
    'g,2024-02-01,yesterday,,1,1',
    'g,2024-02-01,2024-01-02,2024-01-01,1,1',
    'g,2024-02-01,2024-01-02,,0,1',
    'g,2024-02-01,2024-01-02,,1.5,1',
    'g,2024-02-01,2024-01-02,,1,',
    'g,2024-02-01,2024-01-02,,1,many',
    'g,2024-02-01,2024-01-02,,1',
    ',2024-02-01,2024-01-02,,1,1',
  ];
  const faults = await faultsOf(HEADER + rows.join('\n'));
  expect(faults).toHaveLength(rows.length);
  const expected = [
    'occasion',
    'booked_at',
    'canceled before',
    'quantity',
    'quantity',
    'price',
    'price',
    'columns',
    'group',
  ];
  expected.forEach((fault, i) => expect(faults[i]).toMatch(new RegExp(`^line ${i + 2}: .*${fault}`)));
});

it('refuses an empty file, missing columns, broken quotes, damaged gzip and a missing file', async () => {
  expect(await faultsOf('')).toEqual(['line 1: the file is empty']);
  expect(await faultsOf('group,occasion\n')).toEqual([
    'line 1: the columns booked_at, canceled_at, quantity, price are missing',
  ]);
  expect((await faultsOf(`${HEADER}"g,2024-02-01\n`))[0]).toContain('Quote');
  expect((await faultsOf(gzipSync(HEADER.repeat(100)).subarray(0, 30)))[0]).toContain('gzip');
  await expect(readReservations(join(folder, 'nowhere.csv'))).rejects.toThrow('there is no such file');
});

it('stops after twenty faults, so that a wrong file does not flood the terminal', async () => {
  const faults = await faultsOf(HEADER + 'g,x,y,,1,1\n'.repeat(1000));
  expect(faults).toHaveLength(21);
});
