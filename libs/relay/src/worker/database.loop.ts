import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pace, pauseAfter, pauseAfterFailure } from '../domain/pace.js';

/** Looks into one database's outbox again and again; slower when there is nothing, and when the database is away. */
export class DatabaseLoop {
  /** When a pass last went through; null before the first. */
  lastPassAt: Date | null = null;
  /** Why the last pass did not; null when it did. */
  fault: string | null = null;

  private readonly log = new Logger(DatabaseLoop.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    readonly database: string,
    private readonly pace: Pace,
    private readonly pass: () => Promise<number>,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Finishes the pass in progress. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let pause = 0;
    while (!this.stopping.signal.aborted) {
      pause = await this.look(pause);
      // Aborted by stop(): the condition above ends the loop.
      if (pause > 0) await sleep(pause, undefined, { signal: this.stopping.signal }).catch(() => {});
    }
  }

  private async look(pause: number): Promise<number> {
    try {
      const claimed = await this.pass();
      if (this.fault !== null) this.log.log(`${this.database}: going on`);
      this.fault = null;
      this.lastPassAt = new Date();
      return pauseAfter(claimed, pause, this.pace);
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (fault !== this.fault) this.log.warn({ msg: `${this.database}: ${fault}`, err: error });
      this.fault = fault;
      return pauseAfterFailure(pause);
    }
  }
}
