import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks again and again until something holds; throws after a minute, far longer than the slowest machine needs.
 * @param pauseMs between two looks; 0 for a turn of the event loop
 */
export async function until(holds: () => boolean | Promise<boolean>, pauseMs = 20): Promise<void> {
  for (const end = performance.now() + 60_000; !(await holds()); await (pauseMs ? sleep(pauseMs) : turn())) {
    if (performance.now() > end) throw new Error(`not within a minute: ${String(holds)}`);
  }
}
