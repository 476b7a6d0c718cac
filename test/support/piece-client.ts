import { once } from 'node:events';
import type { Server } from 'node:http';
import { type Socket, connect } from 'node:net';
import { until } from './until.js';

const ANSWER = /^HTTP\/1\.1 \d{3} [A-Za-z ]+\r\n(?:[A-Za-z-]+: [^\r\n]*\r\n)*$/;

/** A client of an HTTP server whose bytes arrive there in the pieces in which they are sent. */
export class PieceClient {
  private heard = '';
  private sent = 0;
  isClosed = false;

  private constructor(
    readonly socket: Socket,
    /** The server's end. */
    readonly there: Socket,
  ) {
    socket.setEncoding('latin1').setNoDelay(true);
    socket.on('data', (text) => (this.heard += String(text)));
    socket.on('close', () => (this.isClosed = true)).on('error', () => undefined);
  }

  static async of(server: Server): Promise<PieceClient> {
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new PieceClient(socket, (await accepted)[0]);
  }

  /** Waits until they are there. */
  async send(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'latin1');
    this.sent += bytes.length;
    this.socket.write(bytes);
    await until(() => this.there.bytesRead >= this.sent || this.there.destroyed || this.isClosed, 0);
  }

  /** Status and body of all answers so far. */
  get answers(): string[] {
    const answers: string[] = [];
    for (let rest = this.heard; ;) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return answers;
      const head = rest.slice(0, end + 2);
      if (!ANSWER.test(head)) throw new Error(`this is no answer: ${rest}`);
      if (head.startsWith('HTTP/1.1 100 ')) {
        rest = rest.slice(end + 4);
        continue;
      }
      const length = /^content-length: (\d+)\r$/im.exec(head);
      const from = end + 4;
      const to = length ? from + Number(length[1]) : rest.length;
      if (rest.length < to) return answers;
      answers.push(`${head.slice(9, 12)} ${rest.slice(from, to)}`);
      rest = rest.slice(to);
    }
  }

  /** Waits for so many answers, and gives all. */
  async hear(count: number): Promise<string[]> {
    await until(() => this.answers.length >= count || this.isClosed, 1);
    return this.answers;
  }
}
