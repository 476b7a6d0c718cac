/** What an operator may say of it. */
export interface LoadSettings {
  /** So many at once do not narrow the limit, however long they take, and are let in while it is not narrowed. */
  atOnce: number;
  /** Milliseconds that requests may wait on average once more than that come and keep coming. */
  delayMs: number;
}

/** How many are let in before anything is known to be late, as multiples of `atOnce`: a burst may wait its turn. */
const BURST = { priority: 2, ordinary: 1.5 };
/** What ordinary requests may take of a limit; the rest is there for checkout. */
const ORDINARY_SHARE = 0.5;
/** How much more than it leaves free what is asked for most may take: three of four places. */
const GREED = 3;
/**
 * The smallest limit, as a share of `atOnce`. Most of the wait in a flood is the event loop's, which refuses the others meanwhile: with fewer at
 * work a batch has fewer to share its turns, and they wait as long.
 */
const LEAST_SHARE = 0.25;
/** What reads of one target can reach of a limit. */
const LEAST_REACHED = (ORDINARY_SHARE * GREED) / (1 + GREED);
/** Windows in a row that must be late before the limit is narrowed, and without a refusal before it is lifted. */
const LATE_WINDOWS = 5;
const OPEN_WINDOWS = 10;
/** What waits through so many windows stands; what waits in fewer is a burst, or the collector of garbage. */
const STANDING_WINDOWS = 3;
/** By how much a window may change the limit: TCP-like, down fast and up slowly. */
const SLOWEST = 0.5;
const FASTEST = 1.2;
/** How much of a change is made at once; the rest follows if the next window says the same. */
const SMOOTHING = 0.5;

/** What was seen of the requests that ended. */
class Tally {
  ended = 0;
  /** Milliseconds, all of them together: what they took, and what their routes take when nothing waits. */
  took = 0;
  usual = 0;

  note(took: number, usual: number): void {
    this.ended++;
    this.took += took;
    this.usual += usual;
  }
}

/**
 * How many requests are worked on at once. Up to `atOnce` nobody is shed. When more than that are in work and requests
 * wait too long for half a second, the limit becomes what Little's law gives (arrivals done a second × the time
 * they may take), and from then on follows the time that requests wait, as TCP Vegas and the gradient limits of Netflix's
 * concurrency-limits follow round trips; only a wait that stands counts (CoDel: Nichols and Jacobson, 2012). When nobody was
 * refused for a second, it is lifted: what comes can be done. Checkout may use all of it, others half; and of
 * either no target more than three times what it leaves free, so that there is always room for another (dynamic thresholds, as
 * switches share their memory: Choudhury and Hahne, 1998).
 *
 * A wait is what a request took beyond what its route takes when nothing waits, and the delay of the event loop, in which
 * it lay unseen. Times are milliseconds of one monotonic clock.
 */
export class ConcurrencyLimit {
  inFlight = 0;
  private limit: number | null = null;
  private narrowedAt = 0;
  private lateWindows = 0;
  private openWindows = 0;
  private refused = false;
  private window = new Tally();
  private windowBegan: number;
  /** What ended in all late windows of now. */
  private late = new Tally();
  private lateSince = 0;
  /** How long requests waited in the latest windows of the narrowed limit. */
  private waits: number[] = [];
  /** The most in flight in this window. */
  private peak = 0;
  /** How many are in flight for each target; those of none are not in it. */
  private readonly ofTargets = new Map<string, number>();

  constructor(
    private readonly settings: LoadSettings,
    now: number,
  ) {
    this.windowBegan = now;
  }

  /** Whether requests are shed that a burst would have room for. */
  get narrowed(): boolean {
    return this.limit !== null;
  }

  /** Whether more are at work than are always let in. */
  get crowded(): boolean {
    return this.limit !== null || this.inFlight > this.settings.atOnce;
  }

  /** How many requests of a class are let in now. */
  room(priority: boolean): number {
    if (this.limit === null) return this.settings.atOnce * (priority ? BURST.priority : BURST.ordinary);
    return priority ? this.limit : this.limit * ORDINARY_SHARE;
  }

  /**
   * Lets a request in, or not. One that was let in must `leave`.
   * @param target what it is about, such as the event that all want; null when that is not known
   */
  enter(priority: boolean, target: string | null = null): boolean {
    if (this.refuses(priority, target)) return false;
    if (target !== null) this.ofTargets.set(target, (this.ofTargets.get(target) ?? 0) + 1);
    this.inFlight++;
    if (this.inFlight > this.peak) this.peak = this.inFlight;
    return true;
  }

  /** Whether there is no room for a request, which is refused then. */
  refuses(priority: boolean, target: string | null): boolean {
    const refused = !this.hasRoom(priority, target);
    this.refused ||= refused;
    return refused;
  }

  private hasRoom(priority: boolean, target: string | null): boolean {
    const free = this.room(priority) - this.inFlight;
    if (free <= 0) return false;
    return target === null || this.limit === null || (this.ofTargets.get(target) ?? 0) < GREED * free;
  }

  /** @param work what the request tells about waiting; null when it was answered without any, refused at the door say */
  leave(work: { began: number; took: number; usual: number } | null, target: string | null = null): void {
    this.inFlight--;
    if (target !== null) this.forget(target);
    // What was let in before the limit tells nothing about it.
    if (work && (this.limit === null || work.began >= this.narrowedAt)) {
      this.window.note(work.took, work.usual);
    }
  }

  private forget(target: string): void {
    const same = this.ofTargets.get(target)! - 1;
    if (same > 0) this.ofTargets.set(target, same);
    else this.ofTargets.delete(target);
  }

  /** Ends a window. @param loopDelay mean delay of the event loop in it */
  tick(now: number, loopDelay: number): void {
    const { window } = this;
    const wait = window.ended ? (window.took - window.usual) / window.ended + loopDelay : null;
    if (this.limit === null) this.watch(wait, now);
    else this.adapt(this.limit, wait);
    this.window = new Tally();
    this.windowBegan = now;
    this.peak = this.inFlight;
    this.refused = false;
  }

  private watch(wait: number | null, now: number): void {
    // Nothing ending at all is late too.
    const isLate = this.peak > this.settings.atOnce && (wait === null || wait > this.settings.delayMs);
    if (!isLate) {
      this.lateWindows = 0;
      return;
    }
    if (this.lateWindows++ === 0) {
      this.late = new Tally();
      this.lateSince = this.windowBegan;
    }
    this.late.ended += this.window.ended;
    this.late.usual += this.window.usual;
    if (this.lateWindows < LATE_WINDOWS) return;
    const { ended, usual } = this.late;
    const perMs = ended / Math.max(1, now - this.lateSince);
    const mayTake = (ended ? usual / ended : 0) + this.settings.delayMs;
    this.limit = this.bounded(perMs * mayTake);
    this.narrowedAt = now;
    this.openWindows = 0;
    this.waits = [];
  }

  private adapt(limit: number, wait: number | null): void {
    const { delayMs } = this.settings;
    const isStuck = this.inFlight > 0 && !this.window.ended;
    this.openWindows = this.refused || isStuck ? 0 : this.openWindows + 1;
    if (this.openWindows >= OPEN_WINDOWS) {
      this.limit = null;
      this.lateWindows = 0;
      return;
    }
    if (wait === null) return;
    this.waits = [wait, ...this.waits].slice(0, STANDING_WINDOWS);
    const standing = Math.min(...this.waits);
    const usual = this.window.usual / this.window.ended;
    const gradient = Math.min(FASTEST, Math.max(SLOWEST, (usual + delayMs) / (usual + standing)));
    // A limit that nobody reaches is no reason why nothing waits.
    if (gradient > 1 && this.peak < limit * LEAST_REACHED) return;
    this.limit = this.bounded(limit * (1 + (gradient - 1) * SMOOTHING));
  }

  private bounded(limit: number): number {
    const { atOnce } = this.settings;
    return Math.min(atOnce * BURST.priority, Math.max(atOnce * LEAST_SHARE, limit));
  }
}
