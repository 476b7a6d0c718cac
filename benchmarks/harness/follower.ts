import { type Socket, connect } from 'node:net';

/** How a server of live messages is spoken to. */
export type Dialect = 'gateway' | 'socket.io';

/** What all followers of one process were told. */
export interface Heard {
  /** Messages of topics, all recipients. */
  messages: number;
  snapshots: number;
  /** Of each topic, when the last recipient here had a version: milliseconds since 1970. */
  lastAt: Map<string, Map<number, number>>;
}

/** Before a follower asks again. */
const AGAIN_MS = 1000;
const HEAD_END = '\r\n\r\n';
/** The key of a handshake tells nothing and protects nobody here. */
const KEY = Buffer.alloc(16).toString('base64');
const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 };
const SEQ = Buffer.from('"seq":');
const VERSION = Buffer.from('"version":');
const SNAPSHOT = Buffer.from('{"event":"snapshot"');
const NOTHING = Buffer.alloc(0);
/** All sockets of the process read into this: what is not looked at at once is copied. */
const READ = Buffer.alloc(65_536);

/**
 * As little of a client as a load generator of 20,000 needs. It follows one topic, notes the seq and version of what it hears,
 * and whether one was missing.
 */
export class Follower {
  /** Why it is not connected; null while it is. */
  lost: string | null = null;
  /** Messages that were not there when the next one came. */
  gaps = 0;
  version = 0;
  private seq = 0;
  private rest = NOTHING;
  private upgraded = false;
  private socket!: Socket;
  private ready: ((error: Error | null) => void) | null = null;
  private readonly topic: string;
  private readonly dialect: Dialect;
  private readonly heard: Heard;

  constructor(dialect: Dialect, topic: string, heard: Heard) {
    this.dialect = dialect;
    this.topic = topic;
    this.heard = heard;
  }

  /** Resolves when the topic is followed. */
  open(port: number): Promise<void> {
    const path = this.dialect === 'gateway' ? '/v1/ws' : '/socket.io/?EIO=4&transport=websocket';
    return new Promise((resolve, reject) => {
      this.ready = (error) => (error ? reject(error) : resolve());
      const callback = (length: number) => {
        this.read(READ.subarray(0, length));
        return true;
      };
      this.socket = connect({ port, host: '127.0.0.1', onread: { buffer: READ, callback } });
      this.socket.on('error', (error) => this.lose(error.message));
      this.socket.on('close', () => this.lose('closed'));
      this.socket.write(
        `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n` +
          `sec-websocket-key: ${KEY}\r\nsec-websocket-version: 13${HEAD_END}`,
      );
    });
  }

  close(): void {
    this.lost ??= 'closed by us';
    this.socket.destroy();
  }

  private lose(why: string): void {
    this.lost ??= why;
    this.ready?.(new Error(this.lost));
    this.ready = null;
  }

  private read(chunk: Buffer): void {
    let data = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
    if (!this.upgraded) {
      const end = data.indexOf(HEAD_END);
      if (end >= 0) {
        const head = data.toString('latin1', 0, end);
        if (!head.startsWith('HTTP/1.1 101')) return this.lose(head.slice(0, 200));
        this.upgraded = true;
        data = data.subarray(end + HEAD_END.length);
        if (this.dialect === 'gateway') this.subscribe();
      }
    }
    for (let size = this.upgraded ? frameSize(data) : 0; size > 0; size = frameSize(data)) {
      this.take(data[0]! & 15, data.subarray(headSize(data), size));
      data = data.subarray(size);
    }
    this.rest = data.length ? Buffer.from(data) : NOTHING;
  }

  private take(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text) {
      const seq = numberAfter(payload, SEQ);
      if (seq >= 0) this.note(seq, payload);
      else this.answer(payload.toString('latin1', 0, 200));
    } else if (opcode === OPCODE.ping) this.send(payload.toString('latin1'), OPCODE.pong);
    else if (opcode === OPCODE.close) this.lose(`${payload.readUInt16BE()} ${payload.toString('latin1', 2)}`);
  }

  /** What the server says besides messages of topics. */
  private answer(text: string): void {
    if (this.dialect === 'gateway') {
      // As any client would: the databases may be busy when thousands come at once.
      if (text.includes('"shard_unavailable"')) setTimeout(() => this.subscribe(), AGAIN_MS);
      else this.lose(text);
      return;
    }
    // Engine.IO: open, ping; Socket.IO: connected, the answer to our one event.
    if (text.startsWith('0')) this.send('40');
    else if (text === '2') this.send('3');
    else if (text.startsWith('40')) this.send(`420["subscribe","${this.topic}"]`);
    else if (text.startsWith('430')) this.begin(0);
    else this.lose(text);
  }

  private subscribe(): void {
    this.send(`{"event":"subscribe","data":{"topics":["${this.topic}"]}}`);
  }

  private begin(seq: number): void {
    this.seq = seq;
    this.ready?.(null);
    this.ready = null;
  }

  private note(seq: number, payload: Buffer): void {
    // The answer to `subscribe`, which tells where the topic stands.
    if (this.ready) return this.begin(seq);
    const snapshot = payload.indexOf(SNAPSHOT) === 0;
    // Socket.IO says nowhere where a topic stands.
    if (this.seq && !snapshot && seq !== this.seq + 1) this.gaps += 1;
    this.seq = seq;
    this.heard.messages += 1;
    if (snapshot) {
      this.heard.snapshots += 1;
      const { data } = JSON.parse(payload.toString()) as { data: { availability: { version: number } } };
      this.seen(data.availability.version);
    } else this.seen(numberAfter(payload, VERSION));
  }

  private seen(version: number): void {
    if (version <= this.version) return;
    this.version = version;
    const at = this.heard.lastAt.get(this.topic) ?? new Map<number, number>();
    this.heard.lastAt.set(this.topic, at.set(version, Date.now()));
  }

  /** Masked with nothing: the mask protects proxies, of which there is none. */
  private send(text: string, opcode = OPCODE.text): void {
    const payload = Buffer.from(text, 'latin1');
    if (payload.length > 125) throw new RangeError('too long for this client');
    this.socket.write(
      Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]),
    );
  }
}

function headSize(data: Buffer): number {
  const length = data[1]! & 127;
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}

/** Bytes of the frame that `data` begins with; 0 while not all of it is there. */
function frameSize(data: Buffer): number {
  if (data.length < 2 || data.length < headSize(data)) return 0;
  const short = data[1]! & 127;
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  const size = headSize(data) + length;
  return data.length < size ? 0 : size;
}

/** The number that stands right after a name; below 0 where there is none. */
function numberAfter(data: Buffer, name: Buffer): number {
  const at = data.indexOf(name);
  if (at < 0) return -1;
  return Number.parseInt(data.toString('latin1', at + name.length, at + name.length + 20), 10);
}
