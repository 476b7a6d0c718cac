import { type ClientOptions, WebSocket } from 'ws';

/** A frame of the server; messages of topics have a seq. */
export interface Frame {
  event: string;
  topic?: string;
  seq?: number;
  data: any;
}

const WITHIN_MS = 60_000;

/** A client of GET /v1/ws that keeps what it hears. */
export class LiveClient {
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | null = null;
  private readonly listeners = new Set<() => void>();

  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as Frame);
      this.tell();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.tell();
    });
    socket.on('error', () => this.tell());
  }

  /** `url` as of the API: `http://127.0.0.1:<port>`. Throws what the handshake was refused with. */
  static async open(url: string, query = '', options: ClientOptions = {}): Promise<LiveClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws${query}`, options);
    const client = new LiveClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  send(event: string, data?: object): void {
    this.socket.send(JSON.stringify({ event, data }));
  }

  /** The first frame for which it holds, heard already or yet to come. */
  async until(holds: (frame: Frame) => boolean): Promise<Frame> {
    await this.wait(() => this.frames.some(holds));
    return this.frames.find(holds)!;
  }

  /** The first frame of that name. */
  heard(event: string): Promise<Frame> {
    return this.until((frame) => frame.event === event);
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    await this.wait(() => this.closed !== null);
    return this.closed!;
  }

  /** Follows the topics, and gives where they stand. */
  async subscribe(topics: string[], after?: Record<string, number>): Promise<Record<string, number>> {
    const before = this.frames.length;
    this.send('subscribe', { topics, after });
    await this.wait(() =>
      this.frames.slice(before).some(({ event }) => ['subscribed', 'error'].includes(event)),
    );
    const answer = this.frames.slice(before).find(({ event }) => ['subscribed', 'error'].includes(event))!;
    if (answer.event === 'error') throw new Error(JSON.stringify(answer.data));
    return Object.fromEntries(
      (answer.data.topics as { topic: string; seq: number }[]).map(({ topic, seq }) => [topic, seq]),
    );
  }

  /** Messages of a topic, in the order in which they came. */
  of(topic: string): Frame[] {
    return this.frames.filter((frame) => frame.topic === topic);
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.untilClosed();
  }

  async wait(holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error) => {
        clearTimeout(timer);
        this.listeners.delete(look);
        if (error) reject(error);
        else resolve();
      };
      const look = () => {
        if (holds()) done();
      };
      const timer = setTimeout(() => {
        const heard = JSON.stringify(this.frames.slice(-5)).slice(0, 2000);
        done(new Error(`not heard within a minute; closed: ${JSON.stringify(this.closed)}; last: ${heard}`));
      }, WITHIN_MS);
      this.listeners.add(look);
    });
  }

  private tell(): void {
    for (const look of [...this.listeners]) look();
  }
}

/**
 * What is wrong with the seqs of a topic's messages: each follows the last by one, but for a snapshot, which may be ahead.
 * Empty when nothing is.
 */
export function gapsIn(frames: readonly Frame[], from: number): string[] {
  let last = from;
  return frames.flatMap(({ event, seq }) => {
    const right = event === 'snapshot' ? seq! >= last : seq === last + 1;
    const fault = `${event} ${seq} after ${last}`;
    last = seq!;
    return right ? [] : [fault];
  });
}

/** The positions told by the messages of an entry's topic, in their order; null where a snapshot says that it does not wait. */
export function positionsIn(frames: readonly Frame[]): (number | null)[] {
  return frames.flatMap(({ event, data }) => {
    if (event === 'snapshot') return [data.entry.position as number | null];
    return event === 'waitlist.position' ? [data.position as number] : [];
  });
}
