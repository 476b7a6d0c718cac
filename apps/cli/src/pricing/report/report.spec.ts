import { readFile } from 'node:fs/promises';
import { readBookings } from '../bookings-file.js';
import { backtestSection } from './backtest.section.js';
import { leakSection } from './leak.section.js';
import { marketSection } from './market.section.js';

const BOOKINGS = 'data/resort_bookings.csv.gz';
/** Milliseconds: fits and forecasts take up to half a minute each, several times that on a busy machine. */
const PATIENCE = 900_000;

describe('The pricing report', () => {
  it(
    'says and draws of the real bookings what the data give today, to the last byte',
    async () => {
      const { text, plots } = await backtestSection(await readBookings(BOOKINGS));
      expect(await readFile('docs/pricing-report.md', 'utf8')).toContain(text);
      expect(Object.keys(plots)).toHaveLength(2);
      for (const [name, svg] of Object.entries(plots)) {
        expect(svg).toBe(await readFile(`docs/pricing/${name}`, 'utf8'));
      }
    },
    PATIENCE,
  );

  it(
    'finds the forecaster honest and catches one that reads past its snapshot',
    async () => {
      const { text } = await leakSection(await readBookings(BOOKINGS), (day) => readBookings(BOOKINGS, day));
      expect(text.match(/\| the same bytes \| differs: it leaks \|/g)).toHaveLength(3);
    },
    PATIENCE,
  );

  it(
    'gives the same bytes of the market for the same seed',
    async () => {
      expect(await marketSection(6, 2)).toEqual(await marketSection(6, 2));
    },
    PATIENCE,
  );
});
