import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { LiveSocket } from './live.socket.js';

/** Bytes of a frame; past them the connection closes with 1009. */
const MOST_FRAME = 64 * 1024;
/** Parts that a frame may come in, and reads that may wait for the rest of one: what is 64 kB must not cost more. */
const MOST_PARTS = 256;
const MOST_READS = 1024;

/** What a handshake brings besides its request. */
export interface Upgrade {
  socket: Duplex;
  head: Buffer;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** The upgrade that the request asks for; null when it asks for none, or it was taken before. */
export function takeUpgrade(request: IncomingMessage): Upgrade | null {
  const upgrade = upgrades.get(request) ?? null;
  upgrades.delete(request);
  return upgrade;
}

/**
 * Raw `ws` on the API's port. A handshake goes the way of every request, so that it is traced, limited and authenticated like
 * one, and can be refused with a problem; the route that it names takes the upgrade.
 */
export class HandshakeAdapter extends WsAdapter {
  private readonly fastify: FastifyInstance;
  private readonly route = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    routeUpgrade(this.fastify, request, socket, head);

  constructor(app: NestFastifyApplication) {
    super(app);
    this.fastify = app.getHttpAdapter().getInstance();
  }

  override create(): WebSocketServer {
    (this.httpServer as Server).on('upgrade', this.route);
    return new WebSocketServer({
      noServer: true,
      WebSocket: LiveSocket,
      maxPayload: MOST_FRAME,
      maxFragments: MOST_PARTS,
      maxBufferedChunks: MOST_READS,
      // The gateway answers, within the connection's budget: answers that nobody reads would wait in memory.
      autoPong: false,
      // Costs some 300 kB a connection that uses it.
      perMessageDeflate: false,
      // The connections are counted elsewhere.
      clientTracking: false,
    });
  }

  /** The gateway listens by itself: it wants to tell what is wrong with a frame, and an observable a client is too dear. */
  override bindMessageHandlers(): void {}

  override async dispose(): Promise<void> {
    (this.httpServer as Server).off('upgrade', this.route);
    await super.dispose();
  }
}

function routeUpgrade(
  fastify: FastifyInstance,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  // Node takes its own listeners off a socket that is upgraded.
  socket.on('error', ignore);
  upgrades.set(request, { socket, head });
  const response = new ServerResponse(request);
  // Whatever is answered instead of the upgrade, nothing can follow it.
  response.shouldKeepAlive = false;
  response.assignSocket(socket as never);
  response.on('finish', () => {
    response.detachSocket(socket as never);
    socket.end();
  });
  fastify.routing(request, response);
}

function ignore(): void {}
