import fc from 'fast-check';
import { Dice } from '../../../../test/support/effort.js';
import { ConcurrencyLimit } from './concurrency.limit.js';

const settings = { atOnce: 512, delayMs: 50 };
const WINDOW_MS = 100;

/** What came of the requests of a class. */
interface Fate {
  done: number;
  shed: number;
  waits: number[];
}

interface Request {
  began: number;
  priority: boolean;
  target: string | null;
}

/** A class of requests, or those of checkout for one target. */
type Stream = 'priority' | 'ordinary' | `target ${string}`;

/** A server that does so many requests a millisecond, one after the other, on top of what each takes by itself. */
class Server {
  readonly limit = new ConcurrencyLimit(settings, 0);
  /** Of both classes, since the last time that somebody looked. */
  fates = this.fresh();
  /** What all wait on top, milliseconds. */
  batchMs = 0;
  private now = 0;
  private readonly queue: Request[] = [];
  private credit = 0;
  private readonly due = new Map<Stream, number>();

  constructor(
    public perMs: number,
    private readonly usual: number,
    private readonly dice: Dice,
    private readonly onEnd: (request: Request) => void = () => undefined,
  ) {}

  send(priority: boolean, target: string | null = null): boolean {
    const entered = this.limit.enter(priority, target);
    const request = { began: this.now, priority, target };
    if (entered) this.queue.push(request);
    else for (const fate of this.fatesOf(request)) fate.shed++;
    return entered;
  }

  /** Lets time pass, with so many arrivals a millisecond. */
  run(ms: number, arrivals: Partial<Record<Stream, number>> = {}): void {
    for (const end = this.now + ms; this.now < end; this.now++) {
      for (const [stream, rate] of Object.entries(arrivals) as [Stream, number][]) {
        let due = (this.due.get(stream) ?? 0) + rate;
        // They come in small crowds, as they do.
        if (this.dice.roll(1, 5) === 1) {
          for (; due >= 1; due--) this.send(stream !== 'ordinary', /^target (.*)/.exec(stream)?.[1]);
        }
        this.due.set(stream, due);
      }
      this.work();
      if (this.now % WINDOW_MS === 0) this.limit.tick(this.now, 0);
    }
  }

  look(): Record<Stream, Fate> {
    const seen = this.fates;
    this.fates = this.fresh();
    return seen;
  }

  private work(): void {
    this.credit = Math.min(this.credit + this.perMs, 1 + this.perMs);
    for (; this.credit >= 1 && this.queue.length; this.credit--) {
      const request = this.queue.shift()!;
      const wait = this.now - request.began;
      const work = { began: request.began, took: wait + this.batchMs + this.usual, usual: this.usual };
      this.limit.leave(work, request.target);
      for (const fate of this.fatesOf(request)) {
        fate.done++;
        fate.waits.push(wait);
      }
      this.onEnd(request);
    }
  }

  private fatesOf({ priority, target }: Request): Fate[] {
    const ofClass = this.fates[priority ? 'priority' : 'ordinary'];
    if (target === null) return [ofClass];
    return [ofClass, (this.fates[`target ${target}`] ??= { done: 0, shed: 0, waits: [] })];
  }

  private fresh(): Record<Stream, Fate> {
    return { priority: { done: 0, shed: 0, waits: [] }, ordinary: { done: 0, shed: 0, waits: [] } };
  }
}

const server = fc.record({
  perMs: fc.double({ min: 0.3, max: 6, noNaN: true }),
  usual: fc.integer({ min: 1, max: 60 }),
  seed: fc.nat(),
});
const at = (sorted: number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;

it('sheds nobody while no more than may be at once are at work, however slow that is', () => {
  const clients = fc.record({
    ordinary: fc.integer({ min: 0, max: settings.atOnce }),
    perMs: fc.double({ min: 0.01, max: 6, noNaN: true }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(clients, ({ ordinary, perMs, seed }) => {
      // Each sends its next request as soon as the last was answered.
      const one = new Server(perMs, 5, new Dice(seed), ({ priority }) => void one.send(priority));
      for (let i = 0; i < settings.atOnce; i++) one.send(i >= ordinary);
      one.run(5000);
      expect([one.fates.ordinary.shed, one.fates.priority.shed, one.limit.narrowed]).toEqual([0, 0, false]);
    }),
    { numRuns: 10 },
  );
});

it('lets a burst of twice as many buyers wait their turn', () => {
  const one = new Server(2, 5, new Dice(1));
  for (let i = 0; i < 2 * settings.atOnce; i++) one.send(true);
  one.run(3000);
  expect(one.fates.priority).toMatchObject({ done: 2 * settings.atOnce, shed: 0 });
});

it('keeps what it admits quick and itself busy, however much more comes', () => {
  const load = fc.record({ server, times: fc.double({ min: 1.6, max: 6, noNaN: true }) });
  fc.assert(
    fc.property(load, ({ server: { perMs, usual, seed }, times }) => {
      const one = new Server(perMs, usual, new Dice(seed));
      one.run(20_000, { priority: perMs * times });
      one.look();
      one.run(10_000, { priority: perMs * times });
      const { done, waits } = one.look().priority;
      expect(done).toBeGreaterThan(0.8 * perMs * 10_000);
      waits.sort((a, b) => a - b);
      // A slow server works for longer on the smallest limit.
      const bound = Math.max(settings.delayMs, settings.atOnce / 4 / perMs);
      expect(at(waits, 0.5)).toBeLessThan(1.5 * bound);
      expect(at(waits, 0.99)).toBeLessThan(3 * bound);
    }),
    { numRuns: 10 },
  );
});

it('is as before within ten seconds after an overload', () => {
  const load = fc.record({ server, times: fc.double({ min: 1.6, max: 6, noNaN: true }) });
  fc.assert(
    fc.property(load, ({ server: { perMs, usual, seed }, times }) => {
      const one = new Server(perMs, usual, new Dice(seed));
      one.run(15_000, { ordinary: perMs * times });
      expect(one.limit.narrowed).toBe(true);
      one.run(10_000, { ordinary: perMs * 0.7 });
      one.look();
      one.run(5000, { ordinary: perMs * 0.7 });
      expect([one.limit.narrowed, one.look().ordinary.shed]).toEqual([false, 0]);
    }),
    { numRuns: 10 },
  );
});

it('is as before after an overload although all stands still again and again, and all wait for batches', () => {
  const one = new Server(3, 10, new Dice(1));
  one.run(15_000, { priority: 9 });
  expect(one.limit.narrowed).toBe(true);
  one.batchMs = 40;
  const goOn = (rounds: number) => {
    for (let n = 0; n < rounds; n++) {
      one.perMs = 0;
      one.run(150, { priority: 2.4 });
      one.perMs = 3;
      one.run(1350, { priority: 2.4 });
    }
  };
  goOn(6);
  one.look();
  goOn(4);
  expect([one.limit.narrowed, one.look().priority.shed]).toEqual([false, 0]);
});

it('sheds reads and not the checkout that fits beside them', () => {
  const load = fc.record({ server, times: fc.double({ min: 1.6, max: 6, noNaN: true }) });
  fc.assert(
    fc.property(load, ({ server: { perMs, usual, seed }, times }) => {
      const one = new Server(perMs, usual, new Dice(seed));
      const arrivals = { ordinary: perMs * times, priority: perMs * 0.3 };
      one.run(20_000, arrivals);
      one.look();
      one.run(10_000, arrivals);
      const { ordinary, priority } = one.look();
      expect(priority.shed).toBeLessThan(0.01 * priority.done);
      expect(ordinary.shed).toBeGreaterThan(0);
      expect(ordinary.done + priority.done).toBeGreaterThan(0.8 * perMs * 10_000);
    }),
    { numRuns: 10 },
  );
});

it.each([1, 2, 3])('lets %i targets that all want cost another less than a fifth', (hot) => {
  const load = fc.record({ server, times: fc.double({ min: 1.6, max: 6, noNaN: true }) });
  fc.assert(
    fc.property(load, ({ server: { perMs, usual, seed }, times }) => {
      const one = new Server(perMs, usual, new Dice(seed));
      const arrivals: Partial<Record<Stream, number>> = { 'target quiet': perMs * 0.1 };
      for (let i = 0; i < hot; i++) arrivals[`target hot ${i}`] = (perMs * times) / hot;
      one.run(20_000, arrivals);
      one.look();
      one.run(10_000, arrivals);
      const { priority, 'target quiet': quiet } = one.look();
      expect(quiet!.shed).toBeLessThan(0.2 * (quiet!.shed + quiet!.done));
      // And it takes nothing from what is done altogether.
      expect(priority.done).toBeGreaterThan(0.8 * perMs * 10_000);
    }),
    { numRuns: 10 },
  );
});

it('forgets what nobody is at work for, so that a target is no memory of it', () => {
  const limit = new ConcurrencyLimit({ atOnce: 16, delayMs: 50 }, 0);
  for (let round = 0; round < 100; round++) {
    for (let n = 0; n < 32; n++) expect(limit.enter(true, `target ${n % 3}`)).toBe(true);
    for (let n = 0; n < 32; n++) limit.leave(null, `target ${n % 3}`);
    expect(limit.inFlight).toBe(0);
  }
  expect(limit).toHaveProperty('ofTargets.size', 0);
});

it('holds on when nothing ends at all, and lets work in again afterwards', () => {
  const one = new Server(0, 5, new Dice(1));
  one.run(3000, { ordinary: 2, priority: 1 });
  expect([one.limit.narrowed, one.limit.room(true)]).toEqual([true, 128]);
  one.perMs = 3;
  one.run(10_000, { ordinary: 1, priority: 1 });
  one.look();
  one.run(3000, { ordinary: 1, priority: 1 });
  expect(one.look()).toMatchObject({ ordinary: { shed: 0 }, priority: { shed: 0 } });
});

it('never lets in more than there is room for, and never gets stuck', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ enter: fc.boolean() }),
      fc.record({ took: fc.integer({ min: 0, max: 5000 }), usual: fc.integer({ min: 0, max: 5000 }) }),
      fc.record({ loopDelay: fc.integer({ min: 0, max: 1000 }) }),
    ),
    { maxLength: 3000 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const limit = new ConcurrencyLimit({ atOnce: 20, delayMs: 50 }, 0);
      let now = 0;
      for (const step of all) {
        if ('enter' in step) {
          const [before, room] = [limit.inFlight, limit.room(step.enter)];
          expect(limit.enter(step.enter)).toBe(before < room);
        } else if ('took' in step) {
          if (limit.inFlight) limit.leave({ began: now, ...step });
        } else limit.tick((now += WINDOW_MS), step.loopDelay);
        expect(limit.room(false)).toBeGreaterThanOrEqual(5);
        expect(limit.room(true)).toBeLessThanOrEqual(40);
      }
    }),
    { numRuns: 300 },
  );
});
