import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/**
 * A TCP proxy in front of a PostgreSQL that loses connections on purpose: after the bytes of a COMMIT have been passed on,
 * so that whoever sent them cannot know what became of it.
 */
export class CuttingProxy {
  /** Chance of a cut at each COMMIT, 0 to 1. */
  chance = 0;
  /** How often it has cut. */
  cuts = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async before(databaseUrl: string): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, new URL(databaseUrl));
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

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const server = connect(Number(this.target.port || 5432), this.target.hostname);
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    let cut = false;
    client.on('data', (data) => {
      server.write(data);
      if (!data.includes('COMMIT\0') || Math.random() >= this.chance) return;
      this.cuts++;
      cut = true;
      client.destroy();
      // The server reads the COMMIT before it notices that nobody listens.
      server.end();
    });
    server.on('data', (data) => {
      if (!cut) client.write(data);
    });
    client.on('close', () => server.end());
    server.on('close', () => client.destroy());
  }
}
