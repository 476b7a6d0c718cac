// Clients that follow topics, up to what a process may have open. What they say to each other is a message's `ask` below.
import { type Dialect, Follower, type Heard } from './follower.js';
import { answer } from './worker.process.js';

/** Connections that are being opened at once. */
const OPENING = 64;

/** So many more followers, of the topics in turn. */
export interface OpenOrder {
  dialect: Dialect;
  port: number;
  count: number;
  topics: readonly string[];
}

/** What was heard, and what is wrong with it. */
export interface FollowersReport extends Heard {
  connected: number;
  /** Followers that missed a message, that do not have the versions asked for yet, and why others were lost. */
  gaps: number;
  behind: number;
  lost: Record<string, number>;
}

let followers: { topic: string; follower: Follower }[] = [];
let heard: Heard = nothing();

answer({
  async open({ dialect, port, count, topics }: OpenOrder): Promise<number> {
    const begun = followers.length;
    const opener = async () => {
      while (followers.length < begun + count) {
        const topic = topics[followers.length % topics.length]!;
        const follower = new Follower(dialect, topic, heard);
        followers.push({ topic, follower });
        await follower.open(port);
      }
    };
    await Promise.all(Array.from({ length: OPENING }, opener));
    return followers.length;
  },

  /** Connects so many, but few at a time: whoever follows leaves again. */
  async comeAndGo({ dialect, port, count, topics }: OpenOrder): Promise<void> {
    let left = count;
    const visitor = async () => {
      while (left-- > 0) {
        const follower = new Follower(dialect, topics[0]!, nothing());
        await follower.open(port);
        follower.close();
      }
    };
    await Promise.all(Array.from({ length: OPENING }, visitor));
  },

  /** `versions`: of each topic the newest, which all its followers are to have heard. */
  report({ versions }: { versions: Map<string, number> }): FollowersReport {
    const lost: Record<string, number> = {};
    for (const { follower } of followers)
      if (follower.lost) lost[follower.lost] = (lost[follower.lost] ?? 0) + 1;
    return {
      ...heard,
      connected: followers.filter(({ follower }) => follower.lost === null).length,
      gaps: followers.filter(({ follower }) => follower.gaps > 0).length,
      behind: followers.filter(({ topic, follower }) => follower.version < (versions.get(topic) ?? 0)).length,
      lost,
    };
  },

  close(): void {
    for (const { follower } of followers) follower.close();
    followers = [];
    heard = nothing();
  },
});

process.once('SIGTERM', () => process.exit());

function nothing(): Heard {
  return { messages: 0, snapshots: 0, lastAt: new Map() };
}
