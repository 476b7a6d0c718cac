import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import pLimit from 'p-limit';
import { setTimeout as sleep } from 'node:timers/promises';
import { gauge } from '#libs/tracing';
import { textFrame } from '../domain/text-frame.js';
import { type Topic, keyOf } from '../domain/topic.js';
import { FollowedEntries } from '../streams/followed-entries.client.js';
import { LiveStreams } from '../streams/live-streams.client.js';
import { LiveFeed } from './live-feed.client.js';
import { type Follower, LiveTopic, type Sequenced } from './live.topic.js';
import { Snapshots } from './snapshots.service.js';

/** Reads of state at once, when many need a snapshot: the databases have buyers too. */
const READS = 8;
/** Between two tries to give somebody a snapshot while a database is away. */
const RETRY_MS = 1000;

/**
 * The topics that are followed by this process: one subscription in Redis each, however many follow it. Messages go out in
 * their order and without a gap; where there is one, a snapshot takes the place of what is missing.
 */
@Injectable()
export class Hub implements OnModuleInit {
  private readonly log = new Logger(Hub.name);
  private readonly topics = new Map<string, LiveTopic>();
  private readonly byChannel = new Map<string, LiveTopic>();
  private readonly reads = pLimit(READS);
  private readonly snapshots = new Map<LiveTopic, Promise<Sequenced>>();

  constructor(
    private readonly streams: LiveStreams,
    private readonly feed: LiveFeed,
    private readonly state: Snapshots,
    private readonly entries: FollowedEntries,
  ) {}

  onModuleInit(): void {
    gauge('live_topics', 'Topics that are followed by this process.', [], (metric) => {
      metric.set(this.topics.size);
    });
    this.entries.keep(() => [...this.topics.values()].map(({ topic }) => topic));
    this.feed.listen({
      heard: (channel, seq, frame) => this.hear(channel, seq, frame),
      opened: () => void this.startAnew(),
      closed: () => this.pause(),
    });
  }

  /** Whether messages are heard. */
  get live(): boolean {
    return this.feed.ready;
  }

  /** The topic, once it is known where it stands (or that Redis is away). Whoever joined must leave or release it, once. */
  async join(topic: Topic): Promise<LiveTopic> {
    const live = this.topics.get(keyOf(topic)) ?? this.begin(topic);
    live.holders += 1;
    await live.opening;
    return live;
  }

  leave(live: LiveTopic, follower: Follower): void {
    live.followers.delete(follower);
    this.release(live);
  }

  /** Leaves a topic that was joined and is not followed by it. */
  release(live: LiveTopic): void {
    live.holders -= 1;
    if (live.holders) return;
    this.topics.delete(keyOf(live.topic));
    this.byChannel.delete(this.streams.channelOf(live.topic));
    this.feed.unsubscribe(this.streams.channelOf(live.topic));
  }

  /** Gives the followers what came after `after`, or a snapshot where not all of it is kept; null: a snapshot. */
  async catchUp(live: LiveTopic, followers: readonly Follower[], after: number | null): Promise<void> {
    const tickets = followers.map((follower) => ({ follower, ticket: follower.pause(live) }));
    while (tickets.some(({ follower }) => live.followers.has(follower))) {
      // Nobody knows where the topic stands: once that is known, all its followers get a snapshot.
      if (live.seq === null) return;
      try {
        const { result, since } = await live.whileCatching(() => this.missedBy(live, after));
        const frames = [...result.frames, ...since];
        for (const { follower, ticket } of tickets) follower.catchUp(live, ticket, frames);
        return;
      } catch (error) {
        this.log.warn(`no snapshot for now: ${(error as Error).message}`);
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  private begin(topic: Topic): LiveTopic {
    const live = new LiveTopic(topic);
    this.topics.set(keyOf(topic), live);
    this.byChannel.set(this.streams.channelOf(topic), live);
    live.opening = this.open([live]);
    void this.entries.follow([topic]);
    return live;
  }

  /** Listens to the topics and asks where they stand; leaves them paused when Redis is away. */
  private async open(some: readonly LiveTopic[]): Promise<void> {
    for (const live of some) live.early = [];
    try {
      await this.feed.subscribe(some.map(({ topic }) => this.streams.channelOf(topic)));
      await Promise.all(
        some.map(async (live) => {
          const { seq } = await this.streams.join(live.topic);
          if (!live.open(seq)) this.snapshotForAll(live);
        }),
      );
    } catch (error) {
      for (const live of some) live.early = null;
      // While the connection is there, this was the other one's fault: nobody else will come back to it.
      if (this.feed.ready) setTimeout(() => void this.reopen(some), RETRY_MS).unref();
      this.log.debug(`paused: ${(error as Error).message}`);
    }
  }

  private async reopen(some: readonly LiveTopic[]): Promise<void> {
    const left = some.filter((live) => live.holders > 0);
    for (const live of left) live.seq = null;
    await this.open(left);
    for (const live of left) if (live.seq !== null) this.snapshotForAll(live);
  }

  /** After Redis was away, or forgot: everybody gets a snapshot. */
  private async startAnew(): Promise<void> {
    await this.feed.subscribe([this.streams.channelOfAll]).catch((error: Error) => {
      // It went away again: the next opening subscribes.
      this.log.debug(error.message);
    });
    await this.reopen([...this.topics.values()]);
  }

  private pause(): void {
    for (const live of this.topics.values()) {
      live.seq = null;
      live.early = null;
    }
  }

  private hear(channel: string, seq: number, frame: Buffer): void {
    if (channel === this.streams.channelOfAll) {
      void this.reopen([...this.topics.values()]);
      return;
    }
    const live = this.byChannel.get(channel);
    if (live && !live.take(seq, textFrame(frame))) this.snapshotForAll(live);
  }

  /** Something was missed, or may have been. */
  private snapshotForAll(live: LiveTopic): void {
    // A read that is under way has a seq of before: what follows now does not follow that.
    this.snapshots.delete(live);
    void this.catchUp(live, [...live.followers], null);
  }

  private async missedBy(live: LiveTopic, after: number | null): Promise<{ seq: number; frames: Buffer[] }> {
    if (after !== null) {
      const { seq, frames } = await this.streams.join(live.topic, after);
      if (frames) return { seq, frames: frames.map(textFrame) };
    }
    const { seq, frame } = await this.snapshotOf(live);
    return { seq, frames: [frame] };
  }

  /** One read for all who need it at the same time: what comes after its seq they get besides. */
  private snapshotOf(live: LiveTopic): Promise<Sequenced> {
    const known = this.snapshots.get(live);
    if (known) return known;
    const reading = this.reads(() => this.readSnapshot(live)).finally(() => {
      if (this.snapshots.get(live) === reading) this.snapshots.delete(live);
    });
    this.snapshots.set(live, reading);
    return reading;
  }

  private async readSnapshot(live: LiveTopic): Promise<Sequenced> {
    // Before the state: that has at least what was told up to here.
    const { seq } = live;
    if (seq === null) throw new Error('Redis is away');
    const data = await this.state.read(live.topic);
    const text = JSON.stringify({ event: 'snapshot', topic: live.name, seq, data });
    return { seq, frame: textFrame(Buffer.from(text)) };
  }
}
