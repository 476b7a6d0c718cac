import { InvalidArgumentError } from 'commander';

const DAY_MS = 86_400_000;

/** `YYYY-MM-DD` as days since 1970-01-01; undefined if there is no such date. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(time)) return undefined;
  const day = time / DAY_MS;
  return formatDay(day) === text ? day : undefined;
}

export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** An option that is a date. */
export function dayOption(text: string): number {
  const day = parseDay(text);
  if (day === undefined) throw new InvalidArgumentError('It must be a date, YYYY-MM-DD.');
  return day;
}

/** An option that is a range of dates, FROM..TO, ends included. */
export function dayRangeOption(text: string): [number, number] {
  const [from, to, ...rest] = text.split('..').map(parseDay);
  if (from === undefined || to === undefined || rest.length > 0 || from > to) {
    throw new InvalidArgumentError('It must be a range of dates, YYYY-MM-DD..YYYY-MM-DD.');
  }
  return [from, to];
}
