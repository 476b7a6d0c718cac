import { setTimeout as sleep } from 'node:timers/promises';

/** Anything that was started and can be stopped: a server or one of our own processes. */
export interface Running {
  readonly pid: number;
  /** Settles with how it ended; after `restart` another promise. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

/** Milliseconds to wait before starting again what ended by itself: twice as long each time, anew after a good life. */
const WAIT = { first: 1_000, longest: 30_000, goodLife: 60_000 };

/** Starts again what ends by itself, until it is told to stop it all. */
export class Supervisor {
  private readonly kept: { name: string; running: Running; revival: Promise<void> }[] = [];
  private readonly stopping = new AbortController();
  private readonly onChange: (processes: { name: string; pid: number }[]) => void;

  /** `onChange` is told all processes whenever one was started, so that the next start can find them after a crash. */
  constructor(onChange: (processes: { name: string; pid: number }[]) => void) {
    this.onChange = onChange;
  }

  async keep<T extends Running>(name: string, start: () => Promise<T>): Promise<T> {
    const running = await start();
    this.kept.push({ name, running, revival: this.revive(name, running) });
    this.note();
    return running;
  }

  /** Stops all, the last started first. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.kept.map(({ revival }) => revival));
    for (const { name, running } of this.kept.reverse()) {
      console.log(`  stopping ${name}`);
      await running.stop();
    }
    this.kept.length = 0;
    this.note();
  }

  private async revive(name: string, running: Running): Promise<void> {
    const { signal } = this.stopping;
    const stopping = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)));
    for (let wait = WAIT.first; ; wait = Math.min(wait * 2, WAIT.longest)) {
      const since = Date.now();
      const ending = await Promise.race([running.ended, stopping]);
      if (ending === null) return;
      if (Date.now() - since > WAIT.goodLife) wait = WAIT.first;
      console.error(`  ! ${name} ended unexpectedly (${ending}); it is started again in ${wait / 1000} s`);
      await Promise.race([sleep(wait), stopping]);
      if (signal.aborted) return;
      await running.restart().then(
        () => console.error(`  ✓ ${name} runs again`),
        (error: Error) => console.error(`  ✗ ${error.message}`),
      );
      this.note();
    }
  }

  private note(): void {
    this.onChange(this.kept.map(({ name, running }) => ({ name, pid: running.pid })));
  }
}
