import { type INestApplicationContext, Logger } from '@nestjs/common';

/** Longest wait for running requests after a signal; then the process gives up on them. */
const DRAIN_MS = 25_000;

/**
 * On SIGTERM and SIGINT the application stops accepting, finishes what runs, closes its connections, and the
 * process ends by itself with status 0. What hangs is cut off with status 1.
 * @param leave what is to be done while it still accepts
 */
export function closeOnSignals(app: INestApplicationContext, leave?: () => Promise<void>): void {
  const log = new Logger('Shutdown');
  let closing = false;
  const close = async (signal: string): Promise<void> => {
    if (closing) return;
    closing = true;
    log.log(`${signal}: draining`);
    setTimeout(() => {
      log.error(`not drained within ${DRAIN_MS / 1000} s, ending by force`);
      process.exit(1);
    }, DRAIN_MS).unref();
    try {
      await leave?.();
      await app.close();
      log.log('drained');
    } catch (error) {
      log.error('closing failed', error instanceof Error ? error.stack : error);
      process.exitCode = 1;
    }
  };
  process.on('SIGTERM', (signal) => void close(signal));
  process.on('SIGINT', (signal) => void close(signal));
}
