import { AccountPool } from './account.pool.js';
import { compareEvent, netUnits } from './comparison.js';
import { ProductClient } from './product.client.js';
import { type Plan, planReplay } from './replay.plan.js';
import { Progress, printSummary } from './replay.report.js';
import { Replayer } from './replayer.js';
import { readReservations } from './reservations.file.js';

/** Differences shown; all are counted. */
const SHOWN = 20;

export interface ReplayOptions {
  bookings: string;
  base: string;
  admin: { email: string; password: string };
  from?: string;
  to?: string;
  concurrency: number;
  accounts: number;
  currency: string;
  /** Seconds. */
  patience: number;
  /** Names the idempotency keys: the same run never books twice, however often it is started. */
  run: string;
}

/** Feeds the file through the product; whether the product then shows what the file says. */
export async function replay(options: ReplayOptions): Promise<boolean> {
  const reservations = await readReservations(options.bookings, options.from, options.to);
  const plan = planReplay(reservations, new Date());
  announce(plan, options);
  const client = new ProductClient(options.base, options.concurrency, options.patience * 1000);
  const progress = new Progress();
  try {
    const accounts = new AccountPool(client, options.admin, options.accounts);
    const organizer = await accounts.organizer();
    const settings = { ...options, onDone: () => progress.done() };
    const replayer = new Replayer(client, accounts, organizer, settings);

    progress.start('events', plan.events.length);
    await replayer.createEvents(plan);
    progress.start('bookings and cancellations', plan.steps.length);
    const started = performance.now();
    await replayer.takeSteps(plan.steps);
    const seconds = (performance.now() - started) / 1000;

    progress.start('events compared', plan.events.length);
    const found: string[] = [];
    const waiting = [...replayer.live.values()];
    const compareNext = async () => {
      for (let event = waiting.shift(); event; event = waiting.shift()) {
        const { group, occasion } = event.planned;
        const faults = await compareEvent(client, organizer, event, replayer.outcomes);
        found.push(...faults.map((fault) => `${group} ${occasion} (${event.id}): ${fault}`));
        progress.done();
      }
    };
    await Promise.all(Array.from({ length: options.concurrency }, compareNext));
    progress.stop();
    printSummary({ client, plan, seconds, refusals: replayer.refusals });
    return verdict(found, plan);
  } catch (error) {
    progress.stop();
    console.error(`\nTo take this run up again: add --run ${options.run}`);
    throw error;
  } finally {
    await client.close();
  }
}

function announce(plan: Plan, { bookings, base, run }: ReplayOptions): void {
  const booked = plan.steps.filter(({ kind }) => kind === 'book').length;
  console.log(
    `${bookings}: ${booked} reservations and ${plan.steps.length - booked} cancellations of ${plan.events.length} occasions`,
  );
  console.log(`→ ${base}, run ${run}; every date moves by ${plan.shiftDays} days`);
}

function verdict(found: readonly string[], plan: Plan): boolean {
  if (!found.length) {
    const units = plan.events.reduce((sum, event) => sum + netUnits(event), 0);
    console.log(
      `The product agrees with the file: ${units} places booked in ${plan.events.length} events, no difference.`,
    );
    return true;
  }
  console.error(`\n${found.length} differences between the product and the file:`);
  for (const difference of found.slice(0, SHOWN)) console.error(`  ${difference}`);
  if (found.length > SHOWN) console.error(`  … and ${found.length - SHOWN} more`);
  return false;
}
