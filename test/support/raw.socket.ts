import { randomBytes } from 'node:crypto';
import { type Socket, connect } from 'node:net';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** A frame of the protocol, with whatever is wrong about it. */
export interface RawFrame {
  opcode: number;
  payload?: Buffer | string;
  fin?: boolean;
  /** The reserved bits, 0 to 7. */
  rsv?: number;
  masked?: boolean;
  /** What the head says the payload's length is. */
  length?: bigint;
}

/** Frames of a client as bytes. */
export function bytesOf({
  opcode,
  payload = '',
  fin = true,
  rsv = 0,
  masked = true,
  length,
}: RawFrame): Buffer {
  const data = Buffer.from(payload);
  const said = length ?? BigInt(data.length);
  const head = Buffer.alloc(said < 126n ? 2 : said < 65_536n ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const mark = masked ? 0x80 : 0;
  if (head.length === 2) head[1] = mark | Number(said);
  else if (head.length === 4) head.writeUInt16BE(Number(said), 2);
  else head.writeBigUInt64BE(said, 2);
  if (head.length > 2) head[1] = mark | (head.length === 4 ? 126 : 127);
  if (!masked) return Buffer.concat([head, data]);
  const key = randomBytes(4);
  return Buffer.concat([head, key, data.map((byte, i) => byte ^ key[i % 4]!)]);
}

/** A client of GET /v1/ws that is none: it sends what it likes. */
export class RawSocket {
  /** All that came, as text: server frames are not masked. */
  heard = '';
  /** Settles with `heard` when the connection is over, however it ends. */
  readonly ended: Promise<string>;
  /** The code of the server's close frame, when it is the last that came; null without one. */
  closeCode: number | null = null;
  private last = Buffer.alloc(0);

  private constructor(readonly socket: Socket) {
    socket.on('data', (data: Buffer) => {
      this.heard += data.toString('latin1');
      this.last = Buffer.concat([this.last, data]).subarray(-4096);
    });
    // Reset by the server: that is an end, too.
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.closeCode = closeCodeIn(this.last);
        resolve(this.heard);
      });
    });
  }

  /** Resolves when the handshake was answered, in whatever way. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<RawSocket> {
    const { hostname, port, host } = new URL(url);
    const raw = new RawSocket(connect({ host: hostname, port: Number(port), noDelay: true }));
    const all = {
      ...{ host, upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' },
      'sec-websocket-key': randomBytes(16).toString('base64'),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    raw.socket.write(`GET /v1/ws HTTP/1.1\r\n${lines.join('')}\r\n`);
    await raw.until('\r\n\r\n');
    return raw;
  }

  send(...frames: RawFrame[]): void {
    this.socket.write(Buffer.concat(frames.map(bytesOf)));
  }

  /** Resolves when the text has come, or the connection is over. */
  async until(text: string): Promise<void> {
    while (!this.heard.includes(text) && !this.socket.closed) {
      await new Promise<void>((resolve) => {
        this.socket.once('data', () => resolve());
        this.socket.once('close', () => resolve());
      });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Of a close frame at the very end: 0x88, its length, the code and why. */
function closeCodeIn(data: Buffer): number | null {
  for (let at = Math.max(0, data.length - 127); at + 4 <= data.length; at++) {
    if (data[at] === 0x88 && at + 2 + data[at + 1]! === data.length) return data.readUInt16BE(at + 2);
  }
  return null;
}
