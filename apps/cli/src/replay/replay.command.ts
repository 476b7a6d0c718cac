import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { findProduct } from './running.product.js';
import { type ReplayOptions, replay } from './replay.run.js';
import { MalformedFile, isDay } from './reservations.file.js';

/** More would be no better, and each costs the product a password hash. */
const MAX_ACCOUNTS = 200;

/** `replay` feeds a file of real reservations through the running product. */
export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description(
      'feed a file of real reservations through the running product, and compare the result with it',
    )
    .requiredOption(
      '--bookings <file>',
      'CSV (or .csv.gz): group,occasion,booked_at,canceled_at,quantity,price',
    )
    .option('--base <url>', 'where the product runs (default: where `npm start` runs it)', url)
    .option('--from <date>', 'only occasions from this day on', day)
    .option('--to <date>', 'only occasions until this day', day)
    .option('--concurrency <n>', 'requests at once', whole(1, 1000), 64)
    .option('--accounts <n>', 'attendees that book', whole(1, MAX_ACCOUNTS), 40)
    .option('--currency <code>', 'of the prices in the file', currency, 'EUR')
    .option('--patience <seconds>', 'how long one request is tried again', whole(1, 86_400), 300)
    .option('--run <id>', 'take up an earlier run where it stopped, or look at it again', runId)
    .action(
      async (given: Omit<ReplayOptions, 'base' | 'admin' | 'run'> & { base?: string; run?: string }) => {
        try {
          const { base, admin } = await findProduct(given.base);
          const run = given.run ?? randomBytes(6).toString('hex');
          process.exitCode = (await replay({ ...given, base, admin, run })) ? 0 : 1;
        } catch (error) {
          if (!(error instanceof MalformedFile) && !(error instanceof InvalidArgumentError)) throw error;
          console.error(error.message);
          process.exitCode = 2;
        }
      },
    );
}

function whole(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function day(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError('It must be a day, YYYY-MM-DD.');
}

function url(text: string): string {
  if (URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be an http:// or https:// URL.');
}

function currency(text: string): string {
  if (/^[A-Z]{3}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an ISO 4217 code, such as EUR.');
}

function runId(text: string): string {
  if (/^[A-Za-z0-9-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the id that the earlier run printed.');
}
