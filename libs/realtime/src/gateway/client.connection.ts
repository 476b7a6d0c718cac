import type { Caller } from '#libs/identity';
import type { Follower, LiveTopic } from '../hub/live.topic.js';
import { type Budget, newBudget } from '../domain/message-budget.js';
import { textFrame } from '../domain/text-frame.js';
import type { LiveSocket } from './live.socket.js';

/** Bytes that wait for a client before messages are left out for it; a snapshot takes their place when it has read on. */
export const SLOW_BYTES = 256 * 1024;
/** Bytes that wait for a client before it is cut off. */
export const MOST_BYTES = 1024 * 1024;
/** How long a client that is cut off may take to read why. */
const LAST_WORD_MS = 2000;

/** What a connection tells whoever looks after all of them. */
export interface ConnectionWatch {
  /** It has fallen behind, and must be caught up when it has read on. */
  fellBehind(connection: Connection): void;
  /** It reads too slowly to be kept. */
  cutOff(connection: Connection): void;
}

/** One client's connection: who it is, what it follows, and what waits for it. Some 20,000 of them live in a process. */
export class Connection implements Follower {
  caller: Caller | null = null;
  /** By the name that the client uses. */
  subscriptions: Map<string, LiveTopic> | null = null;
  readonly budget: Budget;
  /** When the client was last heard, in milliseconds of `performance.now()`. */
  heardAt: number;
  /** Frames are handled one after another. */
  work: Promise<void> | null = null;
  /** Since when it reads too slowly; null when it does not. */
  slowSince: number | null = null;
  closing = false;

  /** Topics whose frames are left out for now, with the ticket of whoever is to catch them up. */
  private behind: Map<LiveTopic, number> | null = null;
  private tickets = 0;

  constructor(
    readonly socket: LiveSocket<Connection>,
    readonly address: string,
    private readonly watch: ConnectionWatch,
    now: number,
  ) {
    this.heardAt = now;
    this.budget = newBudget(now);
  }

  /** Sends a frame of the server's own. */
  say(event: string, data: object = {}): void {
    this.write(textFrame(Buffer.from(JSON.stringify({ event, data }))));
  }

  refuse(code: string, detail: string, members: object = {}): void {
    this.say('error', { code, detail, ...members });
  }

  /** Answers a ping of the protocol; who does not read what it has is not told that we are here, too. */
  pong(data: Buffer): void {
    if (this.closing || this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount <= SLOW_BYTES) this.socket.pong(data);
  }

  deliver(live: LiveTopic, frame: Buffer): void {
    if (this.behind?.has(live)) return;
    if (this.socket.bufferedAmount <= SLOW_BYTES) {
      this.write(frame);
      return;
    }
    this.pause(live);
    this.watch.fellBehind(this);
  }

  pause(live: LiveTopic): number {
    this.behind ??= new Map();
    this.behind.set(live, ++this.tickets);
    return this.tickets;
  }

  catchUp(live: LiveTopic, ticket: number, frames: readonly Buffer[]): void {
    if (this.behind?.get(live) !== ticket) return;
    this.behind.delete(live);
    if (!this.behind.size) this.behind = null;
    for (const frame of frames) this.write(frame);
  }

  /** What it has missed; called when it has read on. */
  get missed(): LiveTopic[] {
    return [...(this.behind?.keys() ?? [])];
  }

  /** It follows the topic no more. */
  forget(live: LiveTopic): void {
    this.behind?.delete(live);
  }

  /** Tells why and closes. */
  close(code: number, reason: string): void {
    if (this.closing) return;
    this.closing = true;
    this.socket.close(code, reason);
    // Whoever does not read does not answer either.
    setTimeout(() => this.socket.terminate(), LAST_WORD_MS).unref();
  }

  private write(frame: Buffer): void {
    if (this.closing || this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount + frame.length > MOST_BYTES) {
      this.watch.cutOff(this);
      return;
    }
    this.socket.sendWhole(frame);
  }
}
