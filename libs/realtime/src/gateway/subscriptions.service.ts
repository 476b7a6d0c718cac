import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Caller } from '#libs/identity';
import { Refusal } from '#libs/kernel';
import { Shards, type Tx } from '#libs/sharding';
import type { ClientFrame } from '../domain/client-frame.js';
import { type Topic, parseTopic } from '../domain/topic.js';
import { Hub } from '../hub/hub.service.js';
import { findEvent } from '../persistence/live-state.repository.js';
import { findListOf } from '../persistence/waitlist-entries.repository.js';
import type { Connection } from './client.connection.js';

const MOST_SUBSCRIPTIONS = 50;
/** Events known to be no drafts, which they never become again. */
const KNOWN_EVENTS = 50_000;

/** A topic that a client asked for: followed, or why not. */
type Verdict = { topic: Topic } | { code: string; detail: string };

/** What a connection follows. */
@Injectable()
export class Subscriptions {
  private readonly known = new LRUCache<string, true>({ max: KNOWN_EVENTS });

  constructor(
    private readonly hub: Hub,
    private readonly shards: Shards,
  ) {}

  /** Follows what may be followed, and tells of each of the others why it may not. */
  async subscribe(connection: Connection, frame: ClientFrame & { event: 'subscribe' }): Promise<void> {
    const granted: { name: string; topic: Topic }[] = [];
    for (const name of frame.topics) {
      const followed = connection.subscriptions?.size ?? 0;
      const isNew = !connection.subscriptions?.has(name);
      const full = isNew && followed + granted.length >= MOST_SUBSCRIPTIONS;
      const verdict = full ? TOO_MANY : await this.judge(name, connection.caller);
      if ('code' in verdict) connection.refuse(verdict.code, verdict.detail, { topic: name });
      else granted.push({ name, topic: verdict.topic });
    }
    if (granted.length) await this.follow(connection, granted, frame.after);
  }

  unsubscribe(connection: Connection, topics: string[]): void {
    for (const name of topics) {
      const live = connection.subscriptions?.get(name);
      if (!live) continue;
      connection.subscriptions!.delete(name);
      connection.forget(live);
      this.hub.leave(live, connection);
    }
    connection.say('unsubscribed', { topics });
  }

  /** Subscribes again to what is followed already; with `after` it is caught up from there. */
  private async follow(
    connection: Connection,
    granted: { name: string; topic: Topic }[],
    after: Map<string, number>,
  ): Promise<void> {
    const joined = await Promise.all(
      granted.map(async ({ name, topic }) => ({ name, live: await this.hub.join(topic) })),
    );
    // From here to the answer nothing is awaited: the seq told is the one that the next frame follows.
    const gone = connection.closing || connection.socket.readyState !== connection.socket.OPEN;
    for (const { name, live } of joined) {
      if (gone || connection.subscriptions?.has(name)) {
        this.hub.release(live);
        continue;
      }
      connection.subscriptions ??= new Map();
      connection.subscriptions.set(name, live);
      live.followers.add(connection);
    }
    if (gone) return;
    connection.say('subscribed', {
      topics: joined.map(({ name, live }) => ({ topic: name, seq: live.seq ?? 0 })),
    });
    for (const { name, live } of joined) {
      const from = after.get(name);
      if (from !== undefined && from !== live.seq) void this.hub.catchUp(live, [connection], from);
    }
  }

  private async judge(name: string, caller: Caller | null): Promise<Verdict> {
    const topic = parseTopic(name);
    if (topic === null) return name.startsWith('event:') ? UNKNOWN_EVENT : UNKNOWN_TOPIC;
    if (topic !== 'me' && topic.kind === 'event') return this.judgeEvent(topic);
    if (!caller) return UNAUTHENTICATED;
    if (topic === 'me') return { topic: { kind: 'user', id: caller.userId } };
    return this.judgeEntry(topic, caller);
  }

  private async judgeEvent(topic: Topic): Promise<Verdict> {
    if (this.known.has(topic.id)) return { topic };
    return this.ask(topic, UNKNOWN_EVENT, async (sql) => {
      const event = await findEvent(sql, topic.id);
      if (event) this.known.set(topic.id, true);
      return event && topic;
    });
  }

  /** Of another's entry nobody hears whether it is there. */
  private judgeEntry(topic: Topic, { userId }: Caller): Promise<Verdict> {
    return this.ask(topic, NOT_YOURS, async (sql) => {
      const list = await findListOf(sql, topic.id, userId);
      return list === null ? null : { ...topic, list };
    });
  }

  /** Asks the shard of the topic, which may be away. */
  private async ask(
    topic: Topic,
    otherwise: Verdict,
    find: (sql: Tx) => Promise<Topic | null>,
  ): Promise<Verdict> {
    try {
      const granted = await this.shards.ofId(topic.id).onPrimary(({ sql }) => find(sql));
      return granted ? { topic: granted } : otherwise;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return error.kind.status === 404 ? otherwise : { code: error.code, detail: error.detail };
    }
  }
}

const TOO_MANY: Verdict = {
  code: 'too_many_subscriptions',
  detail: `A connection follows ${MOST_SUBSCRIPTIONS} topics at the most.`,
};
const UNKNOWN_EVENT: Verdict = { code: 'unknown_event', detail: 'There is no such event.' };
const UNKNOWN_TOPIC: Verdict = {
  code: 'unknown_topic',
  detail: 'There are event:<event id>, waitlist:<entry id> and me.',
};
const UNAUTHENTICATED: Verdict = {
  code: 'unauthenticated',
  detail: 'Say who you are first: authenticate { token }.',
};
const NOT_YOURS: Verdict = { code: 'forbidden', detail: 'This is not yours to follow.' };
