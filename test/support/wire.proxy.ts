import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A message of PostgreSQL's protocol on its way. */
export interface WireMessage {
  from: 'client' | 'server';
  /** Which of its connection's messages in this direction, from 0: the same work sends the same ones. */
  index: number;
  /** The protocol's letter; empty for the first message of a client, which has none. */
  type: string;
  bytes: Buffer;
}

/** What becomes of a message: it passes, other bytes pass in its stead, or the connection is cut before or after it. */
export type Fate = 'pass' | 'cut before' | 'cut after' | Buffer;

/**
 * A TCP proxy in front of a PostgreSQL that a test gives its hands: each message in either direction can be delayed, replaced,
 * or be the last. A cut is what the death of a client looks like: the server still reads what it was sent before.
 */
export class WireProxy {
  /** Asked of each message, in order. */
  fateOf: (message: WireMessage) => Fate | Promise<Fate> = () => 'pass';
  /** How many connections it has cut. */
  cuts = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async before(databaseUrl: string): Promise<WireProxy> {
    const server = createServer();
    const proxy = new WireProxy(server, new URL(databaseUrl));
    server.on('connection', (client) => proxy.join(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The database's URL by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Ends all connections that there are. */
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port || 5432), this.target.hostname);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    let cut = false;
    const pass = (from: WireMessage['from'], source: Socket, to: Socket) => {
      const messages = new Messages(from);
      const each = async (data: Buffer) => {
        for (const message of messages.in(data)) {
          const fate = cut ? 'cut before' : await this.fateOf(message);
          if (cut) return;
          if (fate !== 'cut before') await written(to, Buffer.isBuffer(fate) ? fate : message.bytes);
          if (fate !== 'cut before' && fate !== 'cut after') continue;
          cut = true;
          this.cuts++;
          client.destroySoon();
          server.end();
        }
      };
      let last = Promise.resolve();
      source.on('data', (data) => {
        // One that does not read holds up the other, as without a proxy.
        source.pause();
        last = last.then(() => each(data)).then(() => void source.resume());
      });
      // A server whose answers nobody takes would undo what it is doing: it is left to read to the end.
      source.on('close', () => void last.then(() => (to === server ? to.end() : to.destroySoon())));
    };
    pass('client', client, server);
    pass('server', server, client);
  }
}

/** Writes, and waits while the other side does not read. */
async function written(to: Socket, bytes: Buffer): Promise<void> {
  if (to.destroyed || to.write(bytes)) return;
  await new Promise<void>((resolve) => {
    to.once('drain', resolve);
    to.once('close', resolve);
  });
}

/** Takes a stream of bytes apart. */
class Messages {
  private rest: Buffer = Buffer.alloc(0);
  private count = 0;

  constructor(private readonly from: WireMessage['from']) {}

  *in(data: Buffer): Generator<WireMessage> {
    this.rest = this.rest.length ? Buffer.concat([this.rest, data]) : data;
    for (;;) {
      // A letter and the length of what follows, itself included; the first message of a client has no letter.
      const letters = this.from === 'client' && this.count === 0 ? 0 : 1;
      if (this.rest.length < letters + 4) return;
      const end = letters + this.rest.readInt32BE(letters);
      if (this.rest.length < end) return;
      const bytes = this.rest.subarray(0, end);
      this.rest = this.rest.subarray(end);
      yield { from: this.from, index: this.count++, type: bytes.toString('latin1', 0, letters), bytes };
    }
  }
}

/** The SQL of a message that carries any: a simple query, or one to be prepared. */
export function sqlOf({ from, type, bytes }: WireMessage): string | null {
  if (from !== 'client') return null;
  if (type === 'Q') return stringAt(bytes, 5);
  return type === 'P' ? stringAt(bytes, 6 + stringAt(bytes, 5).length) : null;
}

/** The name of the statement that a message prepares or runs. */
export function statementOf({ from, type, bytes }: WireMessage): string | null {
  if (from !== 'client') return null;
  if (type === 'P') return stringAt(bytes, 5);
  return type === 'B' ? stringAt(bytes, 6 + stringAt(bytes, 5).length) : null;
}

/** The message with other SQL. */
export function withSql(message: WireMessage, sql: string): Buffer {
  const before = message.type === 'P' ? 6 + stringAt(message.bytes, 5).length : 5;
  const after = message.bytes.subarray(before + Buffer.byteLength(sqlOf(message)!) + 1);
  const changed = Buffer.concat([message.bytes.subarray(0, before), Buffer.from(`${sql}\0`), after]);
  changed.writeInt32BE(changed.length - 1, 1);
  return changed;
}

function stringAt(bytes: Buffer, start: number): string {
  return bytes.toString('utf8', start, bytes.indexOf(0, start));
}

/** A configuration in which shard 1 is reached by way of a proxy. */
export function byWayOf<C extends { databases: { shards: Record<1, object> } }>(
  config: C,
  proxy: WireProxy,
): C {
  const { databases } = config;
  const shards = { ...databases.shards, 1: { ...databases.shards[1], primary: proxy.url, replica: null } };
  return { ...config, databases: { ...databases, shards } };
}
