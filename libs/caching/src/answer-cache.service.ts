import { setTimeout as pause } from 'node:timers/promises';
import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Refusal, refusals } from '#libs/kernel';
import { CacheNews, type Invalid } from './cache.news.js';
import { CacheStatistics } from './cache.statistics.js';
import { type Answer, type Missing, isMissing } from './domain/answer.js';
import type { AnyView, Ask, Counted, CountedView, Named, Served, Tier } from './domain/view.js';
import { LiveCounters } from './live.counters.js';
import { AnswerMemory, type Kept } from './memory.store.js';
import { AWAY, RedisLink } from './redis.link.js';
import { type Look, SharedAnswers } from './shared.store.js';
import { SingleFlight } from './single.flight.js';

/** How long somebody waits for another process that reads the same. */
const PATIENCE_MS = 1000;

type Outcome = { answer: Answer | Missing; tier: Tier };

/** A reading under way in this process. */
interface Flight {
  tags: readonly string[];
  /** What it reads became invalid meanwhile: good for those who asked before, not to be kept. */
  outdated: boolean;
  outcome: Promise<Outcome>;
}

/**
 * Answers to what many ask: from memory (L1), from Redis (L2) or from a database (L3), which is read once however many ask
 * at a time, in all processes. Without Redis L1 and L3 go on.
 */
@Injectable()
export class AnswerCache {
  readonly statistics: CacheStatistics;
  private readonly flights = new Map<string, Flight>();
  private readonly named: (AnyView & Named)[] = [];
  private readonly log = new Logger('Cache');

  constructor(
    @Inject(CACHE_MANAGER) private readonly tiers: Cache,
    private readonly memory: AnswerMemory,
    private readonly shared: SharedAnswers,
    private readonly counters: LiveCounters,
    private readonly flight: SingleFlight,
    private readonly news: CacheNews,
    private readonly link: RedisLink,
  ) {
    this.statistics = new CacheStatistics(memory);
    news.onInvalid((invalid) => this.drop(invalid));
  }

  /** What memory holds, and whether Redis would be asked. */
  get state(): { entries: number; bytes: number; evictions: number; redis: boolean } {
    return { ...this.memory.size, evictions: this.memory.evictions, redis: this.link.usable };
  }

  /** From now on the view's answers can be warmed by name, and are made invalid by their tags wherever they are kept. */
  register(view: AnyView & Named): void {
    this.named.push(view);
  }

  /** A fresh answer from memory, at once; null when there is none, or none to be given. */
  peek(view: AnyView, key: string): Answer | null {
    const kept = this.memory.find(key);
    if (!kept || performance.now() >= kept.freshUntil || isMissing(kept.answer)) return null;
    this.statistics.hit(view.name, 'l1');
    return kept.answer;
  }

  /** The answer; not older than what the asker wrote. Throws `not_found`, and whatever the view throws. */
  async read<A extends Ask>(view: AnyView<A>, ask: A): Promise<Served> {
    const atLeast = ask.wrote ? await this.counters.wroteBy(ask.wrote.writer, ask.wrote.key) : 0;
    if (atLeast === AWAY) return this.readCurrent(view, ask);
    const kept = this.memory.find(ask.key);
    const outcome =
      kept && versionOf(kept.answer) >= atLeast
        ? this.fromMemory(view, ask, kept)
        : await this.join(view, ask, atLeast);
    this.statistics.hit(view.name, outcome.tier);
    return served(outcome);
  }

  /** From the database as it is now, for somebody of whom is not known what they wrote. */
  private async readCurrent<A extends Ask>(view: AnyView<A>, ask: A): Promise<Served> {
    const answer = await this.answerOf(view, ask, true);
    this.statistics.hit(view.name, 'l3');
    return served({ answer: answer.answer, tier: 'l3' });
  }

  /** Reads the answer from the database and puts it into all tiers; whether there is such a thing. Throws what the view throws. */
  async warm<A extends Ask>(view: AnyView<A>, ask: A): Promise<boolean> {
    const { answer } = await this.load(view, ask, await this.look(view, ask), { outdated: false });
    return !isMissing(answer);
  }

  /** The same for what a key or a tag names, in all views; by key, and none where no view knows the name. */
  async warmNamed(name: string): Promise<{ key: string; found: boolean }[]> {
    const asks = this.named.flatMap((view) => {
      const ask = view.askNamed(name);
      return ask ? [{ view, ask }] : [];
    });
    return Promise.all(
      asks.map(async ({ view, ask }) => ({ key: ask.key, found: await this.warm(view, ask) })),
    );
  }

  /** Nobody is shown these any more, in any process. False when the other processes could not be told. */
  async invalidate({ tags = [], keys: named = [] }: Partial<Invalid>): Promise<boolean> {
    // Counters have no tags in Redis: they go by key.
    const counted = this.named.filter((view) => isCounted(view));
    const tagged = counted.flatMap((view) => tags.map((tag) => view.askNamed(tag)?.key ?? []).flat());
    const keys = [...named, ...tagged];
    const invalid = { tags, keys };
    this.drop(invalid);
    // First what Redis holds, then the news: whoever hears it finds nothing old there.
    const [answers, counters, told] = await Promise.all([
      this.shared.invalidate(tags, keys),
      this.counters.drop(keys),
      this.news.tell(invalid),
    ]);
    return answers !== AWAY && counters !== AWAY && told;
  }

  /** In this process only, at once. */
  drop({ tags, keys }: Invalid): void {
    this.memory.drop(keys);
    this.memory.dropTagged(tags);
    for (const [name, flight] of this.flights) {
      if (!keys.includes(name) && !flight.tags.some((tag) => tags.includes(tag))) continue;
      flight.outdated = true;
      this.flights.delete(name);
    }
  }

  private fromMemory<A extends Ask>(view: AnyView<A>, ask: A, { answer, freshUntil }: Kept): Outcome {
    if (performance.now() >= freshUntil) this.refresh(view, ask);
    return { answer, tier: 'l1' };
  }

  /** Asks anew behind a stale answer, which goes on being served. */
  private refresh<A extends Ask>(view: AnyView<A>, ask: A): void {
    if (this.flights.has(ask.key)) return;
    this.join(view, ask, 0).catch((error: unknown) => {
      this.statistics.refreshFailed(view.name);
      this.log.debug({ msg: `${ask.key} could not be read anew`, err: error });
    });
  }

  /** One reading at a time in this process; it serves all who come meanwhile, unless they need a newer version. */
  private async join<A extends Ask>(view: AnyView<A>, ask: A, atLeast: number): Promise<Outcome> {
    this.statistics.miss(view.name, 'l1');
    const under =
      this.flights.get(ask.key) ?? this.begin(view, ask, ask.key, (flight) => this.fill(view, ask, flight));
    const outcome = await under.outcome;
    if (versionOf(outcome.answer) >= atLeast) return outcome;
    const name = `${ask.key} since ${atLeast}`;
    const own =
      this.flights.get(name) ?? this.begin(view, ask, name, (flight) => this.load(view, ask, AWAY, flight));
    return own.outcome;
  }

  private begin<A extends Ask>(
    view: AnyView<A>,
    ask: A,
    name: string,
    work: (flight: Flight) => Promise<Outcome>,
  ): Flight {
    const flight = { tags: ask.tags, outdated: false } as Flight;
    this.flights.set(name, flight);
    flight.outcome = work(flight).finally(() => {
      if (this.flights.get(name) === flight) this.flights.delete(name);
    });
    return flight;
  }

  /** From Redis, or else from the database: read by one process, the others find it in Redis. */
  private async fill<A extends Ask>(view: AnyView<A>, ask: A, flight: Flight): Promise<Outcome> {
    let look = await this.look(view, ask);
    if (look !== AWAY && look.fresh) return this.found(view, ask, look, flight);
    this.statistics.miss(view.name, 'l2');
    const until = performance.now() + PATIENCE_MS;
    for (let wait = 4; look !== AWAY && performance.now() < until; wait = Math.min(32, 2 * wait)) {
      const both = await Promise.all([this.flight.begin(ask.key), this.look(view, ask)]);
      const end: (() => void) | null | typeof AWAY = both[0];
      look = both[1];
      if (end === AWAY || look === AWAY) break;
      try {
        if (look.fresh) return this.found(view, ask, look, flight);
        if (end) return await this.load(view, ask, look, flight);
      } finally {
        end?.();
      }
      // Another process asks anew: until it has, the stale answer is good enough.
      if (look.entry) return this.found(view, ask, look, flight);
      await pause(wait);
    }
    return this.load(view, ask, AWAY, flight);
  }

  private found(view: AnyView, ask: Ask, look: Look, flight: Flight): Outcome {
    const { answer } = look.entry!;
    const stored = { answer, tags: ask.tags, lifetimes: view.lifetimes, generations: look.generations };
    if (!flight.outdated) this.memory.keep(ask.key, stored, !look.fresh);
    return { answer, tier: 'l2' };
  }

  /** From the database, and into the tiers. `look`: what Redis says of the key; `AWAY` where it was not asked. */
  private async load<A extends Ask>(
    view: AnyView<A>,
    ask: A,
    look: Look | typeof AWAY,
    flight: Pick<Flight, 'outdated'>,
  ): Promise<Outcome> {
    // A replica may not have what was made invalid lately.
    const current = look === AWAY || look.unsettled;
    const begun = performance.now();
    const { answer, counted } = await this.answerOf(view, ask, current);
    if (isMissing(answer)) this.statistics.miss(view.name, 'l3');
    if (flight.outdated) return { answer, tier: 'l3' };
    const stored = { answer, tags: ask.tags, lifetimes: view.lifetimes };
    if (counted) await this.counters.fill(ask.key, counted, performance.now() - begun);
    if (isCounted(view) || look === AWAY) this.memory.keep(ask.key, { ...stored, generations: [] });
    else await this.tiers.set(ask.key, { ...stored, generations: look.generations });
    return { answer, tier: 'l3' };
  }

  private async look(view: AnyView, ask: Ask): Promise<Look | typeof AWAY> {
    if (!isCounted(view)) return this.shared.look(ask);
    const counted = await this.counters.look(ask.key);
    if (counted === AWAY) return AWAY;
    const entry = counted && {
      answer: view.render(counted),
      tags: [],
      generations: [],
      freshUntil: Infinity,
    };
    return { entry, fresh: entry !== null, generations: [], unsettled: false };
  }

  private async answerOf<A extends Ask>(
    view: AnyView<A>,
    ask: A,
    current: boolean,
  ): Promise<{ answer: Answer | Missing; counted: Counted | null }> {
    this.statistics.load(view.name);
    try {
      if (!isCounted(view)) return { answer: await view.load(ask, current), counted: null };
      const counted = await view.count(ask);
      return { answer: view.render(counted), counted };
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'not_found') throw error;
      return { answer: { missing: error.detail }, counted: null };
    }
  }
}

function isCounted<A extends Ask>(view: AnyView<A>): view is CountedView<A> {
  return 'count' in view;
}

/** What is missing is of no version: whoever wrote something asks the database. */
function versionOf(answer: Answer | Missing): number {
  return isMissing(answer) ? 0 : answer.version;
}

function served({ answer, tier }: Outcome): Served {
  if (isMissing(answer)) throw refusals.not_found(answer.missing);
  return { answer, tier };
}
