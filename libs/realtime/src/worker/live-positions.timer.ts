import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { randomUUID } from 'node:crypto';
import { formatId } from '#libs/kernel';
import { histogram } from '#libs/tracing';
import {
  type Milestone,
  POSITION_PACE_MS,
  type ToldPosition,
  milestoneOf,
  urgencyOf,
} from '../domain/position-news.js';
import { FollowedEntries } from '../streams/followed-entries.client.js';
import type { Publication } from '../streams/live-streams.client.js';
import { LivePublisher } from './live-publisher.service.js';

const EVERY_MS = 250;
/** Positions in one look-up: about a millisecond of Redis. */
const LOOKUP = 1000;
/** Messages of a list in one round; who waits for the next has moved the least, as a share of their position. */
const MESSAGES = 2000;
const TOGETHER = 500;
/** A list that takes long to look at rests this many times as long. */
const REST = 4;
/** When small changes are looked at again. */
const LATER_MS = 5000;

/** Where entries stand; the worker binds it to the mirrors of the waitlist. */
export abstract class ListPositions {
  /** Something that differs whenever the list has changed. */
  abstract changes(lists: readonly string[]): Promise<(string | null)[]>;
  /** `asOf` in microseconds since 1970; positions from 1, null where an entry does not wait; null while it cannot be told. */
  abstract positions(
    list: string,
    entryIds: readonly string[],
  ): Promise<{ asOf: number; waiting: number; positions: (number | null)[] } | null>;
}

/** A list that somebody follows. */
interface Following {
  /** As it was when it was last told. */
  state: string | null;
  told: Map<string, ToldPosition>;
  /** Milliseconds of the monotonic clock: not looked at before; looked at then, changed or not. */
  notBefore: number;
  again: number;
}

/**
 * Tells those who follow their entry where it stands: at most one message a second and entry, of what is worth telling
 * (`urgencyOf`). One worker at a time does so. A list that did not change costs one look-up for all lists; one that did, a
 * look-up for each entry with a listener, and a message for those that it is worth telling.
 */
@Injectable()
export class LivePositions implements BeforeApplicationShutdown {
  private readonly log = new Logger(LivePositions.name);
  private readonly worker = randomUUID();
  private readonly lists = new Map<string, Following>();
  private readonly seconds = histogram(
    'live_positions_seconds',
    'Looking at a waitlist that changed, and telling who follows.',
    [0.01, 0.03, 0.1, 0.3, 1, 3],
  );
  private running: Promise<void> | null = null;
  private fault: string | null = null;
  private stopping = false;

  constructor(
    private readonly source: ListPositions,
    private readonly entries: FollowedEntries,
    private readonly publisher: LivePublisher,
  ) {}

  @Interval(EVERY_MS)
  run(): void {
    if (this.running || this.stopping) return;
    this.running = this.round()
      .then(
        () => (this.fault = null),
        (error: Error) => {
          if (error.message !== this.fault) this.log.warn(`positions not told: ${error.message}`);
          this.fault = error.message;
        },
      )
      .then(() => {
        this.running = null;
      });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async round(): Promise<void> {
    if (!(await this.entries.lead(this.worker))) return this.lists.clear();
    const followed = Object.entries(await this.entries.readLists());
    const ids = new Set(followed.map(([list]) => list));
    for (const list of this.lists.keys()) if (!ids.has(list)) this.lists.delete(list);
    const changes = await this.source.changes(followed.map(([list]) => list));
    for (const [i, [list, comers]] of followed.entries()) {
      const following = this.following(list);
      const state = changes[i] === null ? null : `${comers} ${changes[i]}`;
      const now = performance.now();
      const changed = state === null || state !== following.state;
      if (now < following.notBefore || (!changed && now < following.again)) continue;
      await this.tell(list, following, state);
      const took = performance.now() - now;
      this.seconds.observe(took / 1000);
      following.notBefore = now + Math.max(POSITION_PACE_MS, REST * took);
    }
  }

  private following(list: string): Following {
    const known = this.lists.get(list);
    if (known) return known;
    const following = { state: null, told: new Map(), notBefore: 0, again: Infinity };
    this.lists.set(list, following);
    return following;
  }

  private async tell(list: string, following: Following, state: string | null): Promise<void> {
    const now = performance.now();
    const found = await this.look(list, following, now);
    // Not known yet: the next round asks again.
    if (!found) return;
    following.state = state;
    following.again = found.later ? now + LATER_MS : Infinity;
    const urgent = found.urgent.sort((a, b) => b.urgency - a.urgency);
    if (urgent.length > MESSAGES) following.again = now;
    for (let i = 0; i < Math.min(urgent.length, MESSAGES); i += TOGETHER) {
      const some = urgent.slice(i, Math.min(i + TOGETHER, MESSAGES));
      const outcomes = await this.publisher.publish(some.map(({ publication }) => publication));
      for (const [n, { id, position }] of some.entries()) {
        // Too soon after what another worker told: comes again. What is lost is made up for by snapshots.
        if (typeof outcomes?.[n] === 'object') following.again = now;
        else following.told.set(id, { position, at: now });
      }
    }
  }

  /** What is worth telling, and whether there is something that will be; null when positions are not known. */
  private async look(list: string, { told }: Following, now: number) {
    const entries = await this.entries.readEntries(list);
    const urgent: { id: string; position: number; urgency: number; publication: Publication }[] = [];
    let later = false;
    const gone = new Set(told.keys());
    for (let i = 0; i < entries.length; i += LOOKUP) {
      const some = entries.slice(i, i + LOOKUP);
      const found = await this.source.positions(list, some);
      if (!found) return null;
      for (const [n, id] of some.entries()) {
        const position = found.positions[n] ?? null;
        if (position === null) continue;
        gone.delete(id);
        const urgency = urgencyOf(told.get(id), position, now);
        if (!urgency) later ||= told.get(id)!.position !== position;
        else {
          const milestone = milestoneOf(told.get(id), position);
          const publication = publicationOf(list, id, { position, milestone }, found);
          urgent.push({ id, position, urgency, publication });
        }
      }
    }
    for (const id of gone) told.delete(id);
    return { urgent, later };
  }
}

function publicationOf(
  list: string,
  id: string,
  standing: { position: number; milestone: Milestone | null },
  { asOf, waiting }: { asOf: number; waiting: number },
): Publication {
  return {
    topic: { kind: 'waitlist', id },
    event: 'waitlist.position',
    data: {
      id: formatId('waitlistEntry', id),
      ticketTypeId: formatId('ticketType', list),
      ...standing,
      waiting,
      asOf: new Date(asOf / 1000).toISOString(),
    },
    guard: { version: asOf, paceMs: POSITION_PACE_MS },
  };
}
