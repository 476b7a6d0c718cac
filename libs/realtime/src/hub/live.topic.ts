import { type Topic, nameOf } from '../domain/topic.js';

/** A frame of a topic as it goes over the wire, with its place. */
export interface Sequenced {
  seq: number;
  frame: Buffer;
}

/** A connection, as far as a topic knows it. */
export interface Follower {
  /** The topic's next frame. */
  deliver(live: LiveTopic, frame: Buffer): void;
  /** From here on the follower takes no frame of the topic, until it is caught up with the ticket that this gives. */
  pause(live: LiveTopic): number;
  /** What was missed, or a snapshot in its place, and all that came since; left out when a newer ticket was given. */
  catchUp(live: LiveTopic, ticket: number, frames: readonly Buffer[]): void;
}

/** A topic that somebody follows by this process. */
export class LiveTopic {
  readonly name: string;
  readonly followers = new Set<Follower>();
  /** The last seq heard; null while Redis is away. */
  seq: number | null = null;
  /** Connections that follow it or are about to. */
  holders = 0;
  /** Set while it is not known where the topic stands: what is heard meanwhile. */
  early: Sequenced[] | null = null;
  /** Settles once it is known where the topic stands. */
  opening: Promise<void> = Promise.resolve();

  /** What came while somebody is catching up. */
  private recent: Sequenced[] = [];
  private catching = 0;

  constructor(readonly topic: Topic) {
    this.name = nameOf(topic);
  }

  /** Takes a frame that follows the last; false when there is a gap before it. */
  take(seq: number, frame: Buffer): boolean {
    if (this.seq === null) {
      this.early?.push({ seq, frame });
      return true;
    }
    if (seq <= this.seq) return true;
    const whole = seq === this.seq + 1;
    this.seq = seq;
    if (!whole) return false;
    for (const follower of this.followers) follower.deliver(this, frame);
    if (this.catching) this.recent.push({ seq, frame });
    return true;
  }

  /** Where the topic stands, heard by another way than its messages; then what came meanwhile. False when there is a gap. */
  open(seq: number): boolean {
    const early = this.early ?? [];
    this.early = null;
    if (this.seq === null || seq > this.seq) this.seq = seq;
    return early.map((one) => this.take(one.seq, one.frame)).every(Boolean);
  }

  /** Runs work that catches somebody up, keeping what comes meanwhile; gives what followed the seq that the work came to. */
  async whileCatching<T extends { seq: number }>(
    work: () => Promise<T>,
  ): Promise<{ result: T; since: Buffer[] }> {
    this.catching += 1;
    try {
      const result = await work();
      return { result, since: this.recent.filter(({ seq }) => seq > result.seq).map(({ frame }) => frame) };
    } finally {
      this.catching -= 1;
      if (!this.catching) this.recent = [];
    }
  }
}
