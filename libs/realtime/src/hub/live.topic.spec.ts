import { newId } from '#libs/kernel';
import { type Follower, LiveTopic } from './live.topic.js';

/** A follower that hears everything at once. */
class Listener implements Follower {
  readonly heard: string[] = [];
  private ticket = 0;
  private paused = false;

  deliver(_live: LiveTopic, frame: Buffer): void {
    if (!this.paused) this.heard.push(frame.toString());
  }

  pause(): number {
    this.paused = true;
    return ++this.ticket;
  }

  catchUp(_live: LiveTopic, ticket: number, frames: readonly Buffer[]): void {
    if (ticket !== this.ticket) return;
    this.paused = false;
    this.heard.push(...frames.map(String));
  }
}

function topicAt(seq: number | null): { live: LiveTopic; listener: Listener } {
  const live = new LiveTopic({ kind: 'event', id: newId(0) });
  const listener = new Listener();
  live.followers.add(listener);
  live.seq = seq;
  return { live, listener };
}

const take = (live: LiveTopic, seq: number) => live.take(seq, Buffer.from(`${seq}`));

describe('a topic', () => {
  it('delivers what follows, once, and tells of a gap', () => {
    const { live, listener } = topicAt(10);
    expect([11, 12, 12, 11].map((seq) => take(live, seq))).toEqual([true, true, true, true]);
    expect(take(live, 14)).toBe(false);
    expect(take(live, 15)).toBe(true);
    expect(listener.heard).toEqual(['11', '12', '15']);
  });

  it('keeps what is heard before it is known where it stands', () => {
    const { live, listener } = topicAt(null);
    expect(take(live, 11)).toBe(true);
    live.early = [];
    for (const seq of [12, 13, 14]) expect(take(live, seq)).toBe(true);
    expect(live.open(13)).toBe(true);
    expect(listener.heard).toEqual(['14']);
    live.seq = null;
    live.early = [];
    take(live, 20);
    expect(live.open(15)).toBe(false);
  });

  it('gives who is catching up what came meanwhile, from where the work came to', async () => {
    const { live } = topicAt(10);
    const { since } = await live.whileCatching(async () => {
      for (const seq of [11, 12, 13]) take(live, seq);
      await Promise.resolve();
      return { seq: 11 };
    });
    expect(since.map(String)).toEqual(['12', '13']);
    const later = await live.whileCatching(() => Promise.resolve({ seq: 0 }));
    expect(later.since).toEqual([]);
  });
});
