import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { slotOfId } from '#libs/kernel';
import { SlotMoved, codeOf, unavailable, violates } from '#libs/sharding';
import { currentTrace, outsideTraces } from '#libs/tracing';
import type { Answer, Request } from '../domain/batch.js';
import type { WrittenBatch } from '../domain/moved.js';
import {
  type Ending,
  type LaneSeen,
  SlotsMoved,
  runBatch,
  wasCommitted,
} from '../persistence/batch.transaction.js';
import { FrozenSessions } from '../persistence/frozen.sessions.js';
import { LaneConnection } from '../persistence/lane.connection.js';
import {
  type Entry,
  fail,
  outcomeUnknown,
  overloaded,
  partition,
  renewReference,
  settleAll,
} from './waiting.entry.js';
import { LANE_LIMITS, type LaneLimits } from './lane.limits.js';
import { LaneMetrics } from './lane.metrics.js';
import type { Live } from './live.availability.js';
import { traceRun, traceWaiting, tracedAlone } from './lane.trace.js';
import type { PacingLock, Turn } from './pacing.lock.js';
import { type Exclusive, LaneQueue } from './waiting.queue.js';

/** Runs of a batch that meets a lock time-out, a deadlock, a missed row count or a lost connection; the first included. */
const RUNS = 4;
/** Deadlock, serialization, lock time-out: the batch itself is sound. */
const LOCKED = new Set(['40P01', '40001', '55P03']);
/** Somebody outside the lane changed a row in between, or a key or reference was taken. */
const CHANGED = new Set(['EV001', '23505']);
/** How long a batch waits at the most for those who keep coming, milliseconds. */
const GATHER_MS = 2;
/** How long a server that cannot be connected to is left alone. */
const AWAY_MS = 500;

export interface LaneOptions {
  /** `shard-1` … */
  name: string;
  url: string;
  /** Names this lane among all processes and their earlier lives. */
  holder: string;
  /** Paces the processes of a contended lane; null to leave that to the row lock. */
  pacing: PacingLock | null;
  /** How long an offer to a waiting entry stands. */
  offerMs: number;
  /** Told after a commit of events whose promotion has to go on with another step. */
  unfinished: (eventIds: readonly string[]) => void;
  /** Told of each batch when its COMMIT is on its way, and what it returned when that is confirmed; callers are answered then. */
  live?: Live;
  /** How long a request waits for its batch to begin, milliseconds: longer than the second that a frozen process costs. */
  patienceMs: number;
}

/**
 * The one way in which a process changes what is scarce on a shard: requests queue here, and are decided and written
 * in batches, one transaction each (flat combining).
 */
export class Lane {
  private readonly limits: LaneLimits;
  private readonly queue: LaneQueue;
  private connection: LaneConnection | null = null;
  private running: Promise<void> | null = null;
  private batches = 0;
  private closed = false;
  /** Until then the server is taken for away, milliseconds of the monotonic clock. */
  private awayUntil = 0;
  /** Whether another process held the lane within the last 500 ms. */
  private contended = false;
  /** Callers whose batch is committed and who are answered as soon as their writes are noted. */
  private readonly answering = new Set<Promise<void>>();
  private readonly metrics: LaneMetrics;
  private readonly sweep: NodeJS.Timeout;
  private readonly application: string;
  private readonly frozen: FrozenSessions;

  constructor(private readonly options: LaneOptions) {
    this.limits = { ...LANE_LIMITS, age: options.patienceMs };
    this.queue = new LaneQueue(this.limits);
    this.metrics = new LaneMetrics(options.name);
    this.application = `evently-lane-${options.name}`;
    this.frozen = new FrozenSessions(options.url, this.application, (result) => this.metrics.looked(result));
    this.sweep = setInterval(() => this.refuseOld(), 100);
    this.sweep.unref();
  }

  /** How many requests wait. */
  get depth(): number {
    return this.queue.depth;
  }

  /** Decides and does one request. Throws `overloaded`, `shard_unavailable`, `outcome_unknown` or `SlotMoved`. */
  submit(request: Request): Promise<Answer> {
    const since = performance.now();
    const trace = currentTrace();
    return new Promise((resolve, reject) => {
      this.enter({ request, since, settled: false, answer: resolve, fail: reject, trace });
    });
  }

  /** Runs work alone, in its turn. Throws what the work throws, or `overloaded`. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const own = tracedAlone(this.options.name, work);
    return new Promise((resolve, reject) => {
      const run = () => this.unblocked(own).then(resolve, reject);
      this.enter({ since: performance.now(), run, fail: reject });
    });
  }

  /** Finishes what waits, at most for `withinMs`, refuses the rest and closes the connection. */
  async close(withinMs = 5000): Promise<void> {
    this.closed = true;
    const timer = setTimeout(() => this.queue.refuseAll(overloaded), withinMs);
    await this.running;
    await Promise.all(this.answering);
    clearTimeout(timer);
    clearInterval(this.sweep);
    if (this.connection?.usable) await this.connection.close();
  }

  private enter(entry: Entry | Exclusive): void {
    if (performance.now() < this.awayUntil) return entry.fail(unavailable(this.options.name));
    if (this.closed || !this.queue.add(entry)) {
      this.metrics.refused('overloaded');
      return entry.fail(overloaded());
    }
    // The lane works for all of its callers, in the trace of none.
    this.running ??= outsideTraces(() => this.run());
  }

  private refuseOld(): void {
    const refused = this.queue.refuseOld(performance.now());
    if (refused) this.metrics.refused('overloaded', refused);
  }

  private async run(): Promise<void> {
    for (let next = await this.gathered(); next; next = await this.gathered()) {
      if (Array.isArray(next)) await this.serve(next);
      else await next.run();
    }
    this.running = null;
  }

  /**
   * Takes the next batch when nobody more has come for a turn of the event loop. Those who were answered just now ask again
   * in the turns that follow; a batch without them would cost as much.
   */
  private async gathered(): Promise<Entry[] | Exclusive | null> {
    const until = performance.now() + GATHER_MS;
    let before: number;
    do {
      before = this.queue.depth;
      await nextTurn();
    } while (this.queue.depth > before && performance.now() < until);
    this.refuseOld();
    return this.queue.take();
  }

  private async serve(entries: Entry[]): Promise<void> {
    this.metrics.began(entries.length, performance.now() - entries[0]!.since);
    traceWaiting(entries, this.options.name);
    try {
      await this.perform(entries);
    } catch (error) {
      // A bug of the lane itself: its callers must not hang.
      for (const entry of entries) fail(entry, error);
    }
  }

  /** Runs a batch until every entry of it is settled. */
  private async perform(entries: Entry[]): Promise<void> {
    for (let run = 1; entries.length; run++) {
      const batch = ++this.batches;
      const { ending, committed: confirmed } = await this.attempt(entries, batch);
      const committed =
        ending.kind === 'committed' ||
        (ending.kind === 'unknown' && (await this.learnOutcome(entries, batch)));
      if (committed) {
        this.answer(entries, ending.decided.answers, confirmed);
        if (ending.decided.unfinished.length) this.options.unfinished(ending.decided.unfinished);
        return;
      }
      if (ending.kind === 'undone') {
        if (!mayRunAgain(ending)) return this.divide(entries, ending.error);
        if (run === RUNS) return this.giveUp(entries, ending);
        if (violates(ending.error, 'bookings_reference')) entries.forEach(renewReference);
      }
      entries = this.stillInTime(entries);
    }
  }

  /** The next batch does not wait for what is told of this one. */
  private answer(entries: readonly Entry[], answers: readonly Answer[], confirmed: Confirmed): void {
    this.metrics.answered(answers);
    const told = tell(settleAll(entries, answers), confirmed).finally(() => this.answering.delete(told));
    this.answering.add(told);
  }

  private async attempt(entries: Entry[], batch: number): Promise<{ ending: Ending; committed: Confirmed }> {
    const { name, holder, pacing, offerMs, live } = this.options;
    const requests = entries.map((entry) => entry.request);
    const turn = this.contended && pacing ? await pacing.acquire(name) : null;
    const begun = performance.now();
    let sent: number | null = null;
    let committed: Confirmed;
    const onSent = (seen: LaneSeen, written: WrittenBatch) => {
      sent = performance.now();
      this.sent(seen, turn);
      committed = live?.(requests, written);
    };
    const ending = await this.connected((connection) =>
      runBatch(connection, requests, slotsOf(entries), { holder, batch, offerMs }, onSent),
    ).catch((error: unknown): Ending => {
      return { kind: 'undone', error: new Away('no connection', { cause: error }), lost: true };
    });
    this.metrics.ended(ending.kind, performance.now() - begun);
    traceRun(entries, { shard: name, begun, sent, ending: ending.kind });
    // A batch that failed early still has its turn.
    if (ending.kind === 'undone') turn?.release();
    return { ending, committed };
  }

  /** The batch's writes and COMMIT are on their way: the next process may line up for the row lock. */
  private sent({ contended, lockMs }: LaneSeen, turn: Turn | null): void {
    this.contended = contended;
    this.metrics.locked(lockMs);
    turn?.release();
  }

  /** Runs work on the lane's connection, which is cut if the work takes too long. Throws when there is no connection. */
  private async connected<T>(work: (connection: LaneConnection) => Promise<T>): Promise<T> {
    if (!this.connection?.usable)
      this.connection = await LaneConnection.open(this.options.url, this.application, this.limits.connect);
    const { connection } = this;
    const timer = setTimeout(() => connection.destroy(), this.limits.transaction);
    try {
      return await this.unblocked(() => work(connection));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs work that may have to wait for the lane, and for no frozen process. */
  private async unblocked<T>(work: () => Promise<T>): Promise<T> {
    const stop = this.frozen.watch();
    try {
      return await work();
    } finally {
      stop();
    }
  }

  /**
   * Whether a batch was committed whose connection was lost meanwhile. Asks until the server answers or the callers'
   * time is over; these are told that the outcome is unknown.
   */
  private async learnOutcome(entries: readonly Entry[], batch: number): Promise<boolean> {
    while (entries.some((entry) => !entry.settled)) {
      try {
        return await this.connected((connection) => wasCommitted(connection, this.options.holder, batch));
      } catch {
        // Still away, or another process holds the lane: asked again below.
        await pause(50);
      }
      const now = performance.now();
      for (const entry of entries)
        if (now - entry.since > this.limits.age + this.limits.outcome) fail(entry, outcomeUnknown());
    }
    return false;
  }

  /** The batch failed for a reason of its own: finds the request at fault, refuses it alone and serves the others. */
  private async divide(entries: Entry[], error: unknown): Promise<void> {
    if (error instanceof Away) return this.away(entries);
    if (error instanceof SlotsMoved) {
      const [stayed, moved] = partition(entries, (entry) => error.owned.has(slotOf(entry)));
      for (const entry of moved) fail(entry, new SlotMoved(slotOf(entry)));
      return this.perform(stayed);
    }
    if (entries.length === 1) return fail(entries[0]!, error);
    const half = entries.length >> 1;
    await this.perform(entries.slice(0, half));
    await this.perform(entries.slice(half));
  }

  private giveUp(entries: Entry[], { error, lost }: { error: unknown; lost: boolean }): Promise<void> | void {
    if (CHANGED.has(codeOf(error) ?? '')) return this.divide(entries, error);
    for (const entry of entries) fail(entry, lost ? unavailable(this.options.name) : overloaded());
  }

  /** The server is away: everybody is told at once, and it is left alone for a moment. */
  private away(entries: readonly Entry[]): void {
    this.awayUntil = performance.now() + AWAY_MS;
    const error = () => unavailable(this.options.name);
    for (const entry of entries) fail(entry, error());
    this.queue.refuseAll(error);
  }

  /** Refuses the entries whose time to begin is over. Nothing was done for any of them. */
  private stillInTime(entries: readonly Entry[]): Entry[] {
    const now = performance.now();
    const [inTime, late] = partition(entries, (entry) => now - entry.since <= this.limits.age);
    for (const entry of late) fail(entry, overloaded());
    return inTime.filter((entry) => !entry.settled);
  }
}

/** What `live` returned. */
type Confirmed = ReturnType<Live> | undefined;

async function tell(answerAll: () => Promise<void>, confirmed: Confirmed): Promise<void> {
  try {
    await confirmed?.();
  } finally {
    await answerAll();
  }
}

/** No connection could be made. */
class Away extends Error {}

function mayRunAgain({ error, lost }: { error: unknown; lost: boolean }): boolean {
  const code = codeOf(error) ?? '';
  return (lost && !(error instanceof Away)) || LOCKED.has(code) || CHANGED.has(code);
}

function slotOf(entry: Entry): number {
  return slotOfId(entry.request.command.eventId)!;
}

function slotsOf(entries: readonly Entry[]): number[] {
  return [...new Set(entries.map(slotOf))];
}
