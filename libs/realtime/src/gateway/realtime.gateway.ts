import type { BeforeApplicationShutdown } from '@nestjs/common';
import { type OnGatewayConnection, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { RawData, WebSocketServer as Server, WebSocket } from 'ws';
import { Authenticator, type Caller } from '#libs/identity';
import { Refusal } from '#libs/kernel';
import { type ClientFrame, parseFrame } from '../domain/client-frame.js';
import { spend } from '../domain/message-budget.js';
import { CLOSE } from './close.codes.js';
import { Connection } from './client.connection.js';
import { Connections } from './connections.service.js';
import type { LiveSocket } from './live.socket.js';
import { Subscriptions } from './subscriptions.service.js';

export const LIVE_PATH = '/v1/ws';

/** Who opened a connection, as the handshake shows. */
export interface Handshake {
  address: string;
  /** Known by a header of the handshake. */
  caller: Caller | null;
  /** `?token=`, to be judged. */
  token: string | null;
}

/** What clients say, and what becomes of it: section "Real time" of the contract, docs/realtime.md. */
@WebSocketGateway({ path: LIVE_PATH })
export class RealtimeGateway
  implements OnGatewayConnection<LiveSocket<Connection>>, BeforeApplicationShutdown
{
  @WebSocketServer() readonly server!: Server;

  constructor(
    private readonly connections: Connections,
    private readonly subscriptions: Subscriptions,
    private readonly authenticator: Authenticator,
  ) {}

  handleConnection(socket: LiveSocket<Connection>, { address, caller, token }: Handshake): void {
    const connection = new Connection(socket, address, this.connections, performance.now());
    socket.connection = connection;
    this.connections.add(connection);
    socket.on('message', this.onMessage);
    socket.on('ping', this.onPing);
    socket.on('pong', this.onPong);
    socket.on('close', this.onClose);
    // What a client does wrong, `ws` has answered with the close that it deserves.
    socket.on('error', ignore);
    if (caller) this.queue(connection, () => this.enter(connection, caller));
    else if (token !== null) this.queue(connection, () => this.authenticate(connection, token));
  }

  /** Before the server stops listening: whoever connects again meets another process, or waits. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.connections.sayFarewell();
  }

  private readonly onMessage = receiver((connection, data, isBinary) =>
    this.receive(connection, data, isBinary),
  );
  private readonly onPing = receiver((connection, data) => {
    if (this.hear(connection)) connection.pong(data as Buffer);
  });
  private readonly onPong = receiver((connection) => void this.hear(connection));
  private readonly onClose = closer((connection) => this.connections.remove(connection));

  private receive(connection: Connection, data: RawData, isBinary: boolean): void {
    if (!this.hear(connection)) return;
    const frame = isBinary ? 'Frames are text.' : parseFrame((data as Buffer).toString());
    if (typeof frame === 'string') connection.refuse('malformed_frame', frame);
    else this.queue(connection, () => this.handle(connection, frame));
  }

  /** A frame of any kind has come: whether it is within the budget. */
  private hear(connection: Connection): boolean {
    const now = performance.now();
    connection.heardAt = now;
    if (connection.closing) return false;
    const verdict = spend(connection.budget, now);
    if (verdict === 'taken') return true;
    if (verdict === 'told')
      connection.refuse('rate_limited', 'Too many frames; this one and others were left out.');
    if (verdict === 'flood') connection.close(CLOSE.policy, 'rate_limited');
    return false;
  }

  /** Frames are answered in their order, and who a client is comes before all of them. */
  private queue(connection: Connection, handle: () => void | Promise<void>): void {
    const before = connection.work ?? Promise.resolve();
    const work = before
      .then(() => (connection.closing ? undefined : handle()))
      .finally(() => {
        if (connection.work === work) connection.work = null;
      });
    connection.work = work;
  }

  private handle(connection: Connection, frame: ClientFrame): void | Promise<void> {
    switch (frame.event) {
      case 'ping':
        return connection.say('pong');
      case 'authenticate':
        return this.authenticate(connection, frame.token);
      case 'subscribe':
        return this.subscriptions.subscribe(connection, frame);
      case 'unsubscribe':
        return this.subscriptions.unsubscribe(connection, frame.topics);
    }
  }

  private async authenticate(connection: Connection, token: string): Promise<void> {
    try {
      await this.enter(connection, await this.authenticator.byToken(token));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      connection.refuse(error.code, error.detail);
      connection.close(CLOSE.policy, error.code);
    }
  }

  private async enter(connection: Connection, caller: Caller): Promise<void> {
    if (connection.caller && connection.caller.userId !== caller.userId) {
      connection.refuse('forbidden', 'This connection is another user’s; open one of your own.');
    } else if (!(await this.connections.identify(connection, caller))) {
      connection.refuse('rate_limited', 'You have too many connections.');
      connection.close(CLOSE.later, 'too many connections');
    } else connection.say('authenticated', { userId: caller.publicId });
  }
}

// Listeners shared by all sockets: they find their connection by the socket that they are called on.

function receiver(receive: (connection: Connection, data: RawData, isBinary: boolean) => void) {
  return function (this: WebSocket, data: RawData, isBinary = true): void {
    receive(connectionOf(this), data, isBinary);
  };
}

function closer(close: (connection: Connection) => void) {
  return function (this: WebSocket): void {
    close(connectionOf(this));
  };
}

function connectionOf(socket: WebSocket): Connection {
  return (socket as LiveSocket<Connection>).connection!;
}

function ignore(): void {}
