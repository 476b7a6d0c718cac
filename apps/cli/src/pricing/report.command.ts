import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { makeReport } from './report/report.js';

const BOOKINGS = 'data/resort_bookings.csv.gz';
const EVENTS = 2000;
const WRONG_EVENTS = 500;

/** `pricing:report`: writes the pricing report and its plots anew. */
export function reportCommand(program: Command): void {
  program
    .command('pricing:report')
    .description('make docs/pricing-report.md and its plots from the shipped data and fixed seeds')
    .option('--docs <folder>', 'where to write', 'docs')
    .action(async ({ docs }: { docs: string }) => {
      const { text, plots } = await makeReport(BOOKINGS, EVENTS, WRONG_EVENTS);
      await mkdir(join(docs, 'pricing'), { recursive: true });
      for (const [name, svg] of Object.entries(plots)) await writeFile(join(docs, 'pricing', name), svg);
      await writeFile(join(docs, 'pricing-report.md'), text);
      console.log(text);
    });
}
