import { type Socket, connect } from 'node:net';

export interface HttpAnswer {
  status: number;
  /** Status line and headers. */
  head: string;
  body: string;
}

/** Connections that are opened at the same time: fewer than a server's kernel holds. */
const AT_ONCE = 100;
const END_OF_HEAD = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

/**
 * As little of an HTTP/1.1 client as a load generator needs: the common ones cost as much CPU a request as the server
 * that is to be measured, on the same two cores. Kept-alive connections, one request at a time on each, bodies with a
 * Content-Length; what it does not understand it throws.
 */
export class HttpClient {
  private readonly port: number;
  private readonly most: number;
  private readonly idle: Connection[] = [];
  private readonly waiting: ((connection: Connection) => void)[] = [];
  private readonly all = new Set<Connection>();

  /** @param most connections; further requests wait for one, and their clocks run */
  constructor(port: number, most: number) {
    this.port = port;
    this.most = most;
  }

  /** Opens all connections before anybody needs them. A server keeps for long what was used once: for this. */
  async openAll(head: string): Promise<void> {
    for (const one of this.all) if (!one.usable) this.all.delete(one);
    const opened: Connection[] = [];
    while (this.all.size < this.most) {
      const more = Math.min(AT_ONCE, this.most - this.all.size);
      const some = await Promise.all(Array.from({ length: more }, () => this.connect()));
      await Promise.all(some.map((one) => one.exchange(`${head}\r\n`)));
      opened.push(...some);
    }
    for (const one of opened) this.give(one);
  }

  /** `head`: request line and headers without the last empty line, `Content-Length` excluded. */
  async send(head: string, body: string): Promise<HttpAnswer> {
    const connection = await this.take();
    try {
      return await connection.exchange(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    } finally {
      this.give(connection);
    }
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }

  private async take(): Promise<Connection> {
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      if (connection.usable) return connection;
      this.all.delete(connection); // the server closes what is idle for long
    }
    if (this.all.size < this.most) return this.connect();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private give(connection: Connection): void {
    const next = this.waiting.shift();
    if (next) next(connection);
    else this.idle.push(connection);
  }

  private async connect(): Promise<Connection> {
    const connection = new Connection(this.port);
    this.all.add(connection);
    await connection.ready;
    return connection;
  }
}

class Connection {
  readonly ready: Promise<void>;
  private readonly socket: Socket;
  private received = '';
  private waiter: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | null = null;
  private broken: Error | null = null;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1'); // a character a byte, so that lengths agree
    this.ready = new Promise((resolve, reject) => {
      this.socket.once('connect', resolve);
      this.socket.once('error', reject);
    });
    this.socket.on('data', (text: string) => this.read(text));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('the connection was closed')));
  }

  get usable(): boolean {
    return !this.broken;
  }

  exchange(request: string): Promise<HttpAnswer> {
    if (this.broken) return Promise.reject(this.broken);
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private read(text: string): void {
    this.received = this.received ? this.received + text : text;
    const head = this.received.indexOf(END_OF_HEAD);
    if (head < 0) return;
    const headers = this.received.slice(0, head + 2);
    const length = LENGTH.exec(headers);
    if (!length) return this.fail(new Error(`an answer without Content-Length: ${this.received}`));
    const start = head + END_OF_HEAD.length;
    const end = start + Number(length[1]);
    if (this.received.length < end) return;
    const answer = {
      status: Number(this.received.slice(9, 12)),
      head: headers,
      body: this.received.slice(start, end),
    };
    this.received = this.received.slice(end);
    const { waiter } = this;
    this.waiter = null;
    waiter?.resolve(answer);
  }

  private fail(error: Error): void {
    this.broken ??= error;
    this.waiter?.reject(this.broken);
    this.waiter = null;
    this.socket.destroy();
  }
}
