import { readBookings } from '../bookings-file.js';
import { backtestSection } from './backtest.section.js';
import { leakSection } from './leak.section.js';
import { marketSection } from './market.section.js';

export interface Report {
  text: string;
  /** SVG by file name. */
  plots: Record<string, string>;
}

const HEAD = `# Pricing report

Made by \`npm run pricing:report\` from \`data/resort_bookings.csv.gz\` and fixed seeds; the same bytes each time.
`;

/** Everything from a file of bookings and fixed seeds: the same input gives the same bytes. */
export async function makeReport(file: string, events: number, wrongEvents: number): Promise<Report> {
  const ledger = await readBookings(file);
  const sections = [
    await backtestSection(ledger),
    await leakSection(ledger, (day) => readBookings(file, day)),
    await marketSection(events, wrongEvents),
  ];
  const plots = Object.assign({}, ...sections.map((section) => section.plots)) as Report['plots'];
  return { text: [HEAD, ...sections.map((section) => section.text)].join('\n'), plots };
}
