import { rename, rm, writeFile } from 'node:fs/promises';
import type { Forecast } from '#libs/pricing';
import { formatDay } from './calendar-day.js';

/** Writes forecasts as CSV: whole or not at all. */
export async function writeForecasts(file: string, forecasts: readonly Forecast[]): Promise<void> {
  const lines = forecasts.map(({ group, occasion, horizon, mean, quantiles }) =>
    [
      quoted(group),
      formatDay(occasion),
      horizon,
      ...[mean, ...quantiles].map((value) => value.toFixed(3)),
    ].join(','),
  );
  const text = ['group,occasion,horizon,mean,q10,q25,q50,q75,q90', ...lines, ''].join('\n');
  const draft = `${file}.${process.pid}.part`;
  try {
    await writeFile(draft, text);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
