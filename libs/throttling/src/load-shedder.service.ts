import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type Config, InjectConfig } from '#libs/config';
import { counter, gauge } from '#libs/tracing';
import { ConcurrencyLimit } from './domain/concurrency.limit.js';
import type { UsualTime } from './domain/usual-time.js';

/** Milliseconds; the limit looks at each. */
const WINDOW_MS = 100;
/** The event loop is looked at so often, milliseconds. */
const RESOLUTION_MS = 10;

const shed = counter('requests_shed_total', 'Requests answered 503 because of load, by class.', ['class']);

/** What a request that ended tells. Milliseconds of `performance.now()`. */
export interface Ended {
  began: number;
  /** Its route's. */
  usual: UsualTime;
  /** What it is about, as it was when it entered. */
  target: string | null;
  /** Whether it did work that could wait: what was refused at the door did not. */
  worked: boolean;
}

/** Lets no more requests be worked on at once than can be done in time. */
@Injectable()
export class LoadShedder implements OnApplicationShutdown {
  private readonly limit: ConcurrencyLimit;
  private readonly loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly timer: NodeJS.Timeout;
  private readonly log = new Logger('Load');

  constructor(@InjectConfig() { load }: Config) {
    this.limit = new ConcurrencyLimit(load, performance.now());
    this.loop.enable();
    this.timer = setInterval(() => this.tick(), WINDOW_MS).unref();
    gauge('requests_in_flight', 'Requests that are worked on.', [], (now) => now.set(this.limit.inFlight));
    gauge('requests_limit', 'How many may be, by class.', ['class'], (now) => {
      now.set({ class: 'priority' }, this.limit.room(true));
      now.set({ class: 'ordinary' }, this.limit.room(false));
    });
  }

  /** Whether not everything that comes can be done in time. */
  get narrowed(): boolean {
    return this.limit.narrowed;
  }

  /** Whether so many are at work that those who come now may be refused. */
  get crowded(): boolean {
    return this.limit.crowded;
  }

  /**
   * Whether there is room for a request; one that was let in must `leave`.
   * @param target what it is about, if that is known: none may take the room of all others
   */
  enter(priority: boolean, target: string | null): boolean {
    const entered = this.limit.enter(priority, target);
    if (!entered) this.countRefusal(priority);
    return entered;
  }

  /** Whether there is no room for a request, which was refused then. */
  refuses(priority: boolean, target: string | null): boolean {
    const refused = this.limit.refuses(priority, target);
    if (refused) this.countRefusal(priority);
    return refused;
  }

  leave({ began, usual, target, worked }: Ended): void {
    if (!worked) return this.limit.leave(null, target);
    const now = performance.now();
    const took = now - began;
    usual.note(took, now);
    this.limit.leave({ began, took, usual: usual.ms }, target);
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.loop.disable();
  }

  private countRefusal(priority: boolean): void {
    shed.inc({ class: priority ? 'priority' : 'ordinary' });
  }

  private tick(): void {
    const was = this.narrowed;
    // The histogram counts the time between looks, and is NaN when a window had none.
    this.limit.tick(performance.now(), Math.max(0, this.loop.mean / 1e6 - RESOLUTION_MS) || 0);
    this.loop.reset();
    if (this.narrowed && !was) this.log.warn('overloaded: what cannot be done in time is refused');
    if (was && !this.narrowed) this.log.log('not overloaded any more');
  }
}
