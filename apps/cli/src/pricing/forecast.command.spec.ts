import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { forecastTargets, scoreForecasts, targetsOfBacktest } from '#libs/pricing';
import { readBookings } from './bookings-file.js';
import { parseDay } from './calendar-day.js';
import { forecastCommands } from './forecast.command.js';
import { Command } from 'commander';

const DATA = join(import.meta.dirname, '../../../../data/resort_bookings.csv.gz');
const HEADER = 'group,occasion,booked_at,canceled_at,quantity,price';
const GOOD = 'a,2024-02-29,2024-02-01,,2,10.5';

describe('The forecast on files', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'forecast-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const fileOf = (name: string, ...lines: string[]) => {
    const path = join(folder, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };
  const run = async (...args: string[]) => {
    const program = new Command().exitOverride();
    forecastCommands(program);
    await program.parseAsync(args, { from: 'user' });
  };

  it('meets its bars on real booking curves', async () => {
    const ledger = await readBookings(DATA);
    const targets = targetsOfBacktest(
      ledger,
      parseDay('2016-09-01')!,
      parseDay('2017-08-31')!,
      [60, 30, 14, 7, 3, 1],
    );
    const scores = scoreForecasts(ledger, forecastTargets(ledger, targets));
    const early = scores.filter(({ horizon }) => horizon >= 14);
    const mean = (value: (score: (typeof scores)[number]) => number) =>
      early.reduce((sum, score) => sum + value(score), 0) / 3;
    // The forecast to beat, as computed independently.
    expect(scores.map(({ pickupWape }) => Number(pickupWape.toFixed(2)))).toEqual([
      0.3, 0.24, 0.17, 0.13, 0.1, 0.06,
    ]);
    expect(mean(({ wape }) => wape)).toBeLessThan(0.88 * mean(({ pickupWape }) => pickupWape));
    const pinballBars = [0.149, 0.097, 0.066, 0.048, 0.035, 0.023];
    scores.forEach((score, i) => {
      expect(score.occasions).toBe(365);
      if (score.horizon <= 3) expect(score.wape).toBeLessThan(1.02 * score.pickupWape);
      expect(score.coverage80).toBeGreaterThan(0.75);
      expect(score.coverage80).toBeLessThan(0.85);
      expect(score.pinball).toBeLessThan(pinballBars[i]!);
    });
  });

  it('says the same as of a day as the backtest, and the same of a file that ends with that day', async () => {
    const [full, cut, out1, out2, out3] = ['full', 'cut', '1', '2', '3'].map((name) =>
      join(folder, `${name}.csv`),
    ) as [string, string, string, string, string];
    const [header, ...lines] = gunzipSync(readFileSync(DATA)).toString().trim().split('\n') as [
      string,
      ...string[],
    ];
    const asOf = '2016-10-01';
    const known = lines.flatMap((line) => {
      const cells = line.split(',');
      if (cells[2]! > asOf) return [];
      if (cells[3]! > asOf) cells[3] = '';
      return [cells.join(',')];
    });
    writeFileSync(full, [header, ...lines].join('\n'));
    writeFileSync(cut, [header, ...known].join('\n'));
    const range = ['--occasions', '2016-10-05..2016-10-08'];
    await run('forecast', '--bookings', full, '--as-of', asOf, ...range, '--out', out1);
    await run('forecast', '--bookings', cut, '--as-of', asOf, ...range, '--out', out2);
    await run('forecast:backtest', '--bookings', full, ...range, '--horizons', '4,5,6,7', '--out', out3);
    const first = readFileSync(out1, 'utf8');
    expect(first.trim().split('\n')).toHaveLength(5);
    expect(readFileSync(out2, 'utf8')).toBe(first);
    expect(readFileSync(out3, 'utf8').split('\n')).toEqual(expect.arrayContaining(first.trim().split('\n')));
  });

  it.each([
    ['a,2024-02-30,2024-02-01,,2,10', 'occasion "2024-02-30" is no date'],
    ['a,2024-02-29,yesterday,,2,10', 'booked_at "yesterday" is no date'],
    ['a,2024-02-29,2024-02-01,never,2,10', 'canceled_at "never" is no date'],
    ['a,2024-02-29,2024-03-01,,2,10', 'booked_at 2024-03-01 lies after the occasion 2024-02-29'],
    ['a,2024-02-29,2024-02-01,2024-01-01,2,10', 'canceled_at 2024-01-01 lies before booked_at 2024-02-01'],
    ['a,2024-02-29,2024-02-01,,0,10', 'quantity "0" is no whole number of at least 1'],
    ['a,2024-02-29,2024-02-01,,two,10', 'quantity "two"'],
    ['a,2024-02-29,2024-02-01,,-2,10', 'quantity "-2" is no whole number of at least 1'],
    ['a,2024-02-29,2024-02-01,,1.5,10', 'quantity "1.5" is no whole number of at least 1'],
    ['a,2024-02-29,2024-02-01,,0x10,10', 'quantity "0x10" is no whole number of at least 1'],
    ['a,2024-02-29,2024-02-01,,,10', 'quantity "" is no whole number of at least 1'],
    ['a,2024-02-29,2024-02-01 10:00,,2,10', 'booked_at "2024-02-01 10:00" is no date'],
    ['a,2024-02-29,2024-02-01,,2,Infinity', 'price "Infinity" is no number'],
    ['a,2024-02-29,2024-02-01,,2,dear', 'price "dear" is no number'],
    [',2024-02-29,2024-02-01,,2,10', 'group is empty'],
    ['a,2024-02-29,2024-02-01', '3 fields are too few'],
  ])('names the line that is wrong: %s', async (line, fault) => {
    const file = fileOf('bad.csv', HEADER, GOOD, line, GOOD);
    await expect(readBookings(file)).rejects.toThrow(`line 3: ${fault}`);
  });

  it('names the first twenty wrong lines and counts the rest', async () => {
    const file = fileOf('bad.csv', HEADER, ...Array.from({ length: 25 }, () => 'a,x,2024-01-01,,1,1'));
    await expect(readBookings(file)).rejects.toThrow(/line 2: .*line 21: .*… and 5 more/s);
  });

  it('refuses a file without header or bookings, with a column missing or twice, damaged or absent', async () => {
    await expect(readBookings(fileOf('header.csv', HEADER))).rejects.toThrow('line 2: no booking');
    await expect(readBookings(fileOf('header.csv', HEADER, '', ''))).rejects.toThrow('line 2: no booking');
    await expect(readBookings(fileOf('twice.csv', `${HEADER},price`, `${GOOD},3`))).rejects.toThrow(
      'line 1: more than one column price',
    );
    await expect(readBookings(fileOf('other.csv', HEADER.replaceAll(',', ';')))).rejects.toThrow(
      'line 1: no column group',
    );
    const cut = join(folder, 'cut.csv.gz');
    writeFileSync(cut, gzipSync(`${HEADER}\n${GOOD}\n`).subarray(0, 40));
    await expect(readBookings(cut)).rejects.toThrow('unexpected end of file');
    await expect(readBookings(fileOf('empty.csv', ''))).rejects.toThrow('no header');
    await expect(readBookings(fileOf('less.csv', 'group,occasion'))).rejects.toThrow('no column booked_at');
    await expect(readBookings(fileOf('not.csv.gz', 'plain'))).rejects.toThrow('cannot be used');
    await expect(readBookings(join(folder, 'absent.csv'))).rejects.toThrow('ENOENT');
    await expect(readBookings(fileOf('quote.csv', HEADER, 'a,"2024'))).rejects.toThrow('cannot be used');
  });

  it('reads columns in any order, with a byte-order mark, Windows line ends and blank lines, plain or gzipped', async () => {
    const text =
      '\ufeffprice,quantity,canceled_at,booked_at,occasion,group\r\n\r\n,3,,2024-02-01,2024-02-29,"Rock, loud"\r\n';
    const path = join(folder, 'odd.csv.gz');
    writeFileSync(path, gzipSync(text));
    const book = (await readBookings(path)).group('Rock, loud')!;
    expect(book.occasions[0]!.netAt(parseDay('2024-02-29')!)).toBe(3);
  });

  it('writes nothing when the file of bookings is wrong', async () => {
    const bad = fileOf('bad.csv', HEADER, 'a,x,2024-01-01,,1,1');
    const out = join(folder, 'none.csv');
    await expect(
      run(
        'forecast:backtest',
        '--bookings',
        bad,
        '--occasions',
        '2024-01-01..2024-02-01',
        '--horizons',
        '1',
        '--out',
        out,
      ),
    ).rejects.toThrow('line 2');
    expect(() => readFileSync(out)).toThrow('ENOENT');
  });
});
