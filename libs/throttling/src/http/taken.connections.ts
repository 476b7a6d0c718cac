import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type WholeRequest, wholeRequestIn } from './whole.request.js';

/** What http keeps with a connection, and does not document: whose answer is being sent, and the parser. */
interface HttpSocket extends Socket {
  _httpMessage?: object | null;
  parser?: { finish(): Error | undefined } | null;
}

type Reader = (chunk: Buffer) => void;

/** Requests that are looked at in one turn of the event loop: some fifty milliseconds, and more than come in one that keeps up. */
const LOOKS_A_TURN = 1024;

/**
 * Connections that are read here before http reads them, for as long as a flood lasts: to have a request parsed, made into objects
 * and answered by http costs more than to refuse it.
 *
 * A request is answered here only when it came whole and alone, right after the end of another, with nothing left to answer or to be sent
 * before it; all other bytes go to http as they came. So http never misses what it would have needed, and answers stay in order.
 *
 * More than can be looked at in a turn of the event loop wait for the next. Where a thousand clients are ready, and as many
 * again when these are answered, libuv goes on with them for 48 rounds: nothing else had a turn for seconds.
 */
export class TakenConnections {
  private readonly open = new Set<HttpSocket>();
  private readonly taken = new WeakSet<Socket>();
  private areAllTaken = false;
  /** How many were looked at in this turn, and whose look waits for another, in the order in which they came. */
  private looks = 0;
  private readonly waiting = new Map<Socket, () => void>();
  private isTurnAwaited = false;

  /**
   * @param isFlood whether it goes on; a connection is given back with its first bytes afterwards
   * @param answerTo the answer to a request as it goes over the wire, or null when http shall have it
   * @param looksATurn how many requests are looked at until all else has had its turn of the event loop
   */
  constructor(
    private readonly server: Server,
    private readonly isFlood: () => boolean,
    private readonly answerTo: (request: WholeRequest) => string | null,
    private readonly looksATurn = LOOKS_A_TURN,
  ) {
    server.on('connection', (socket: Socket) => {
      this.open.add(socket);
      // Before http ends what has ended, for it has not seen what waits.
      socket.prependListener('end', () => this.hurry(socket));
      socket.once('close', () => {
        this.open.delete(socket);
        this.waiting.delete(socket);
      });
    });
  }

  /** Call it when an answer has been sent. */
  take(socket: HttpSocket): void {
    const parse = readerOfHttp(socket);
    if (!parse || this.taken.has(socket) || !canUpgrade(this.server)) return;
    // Another listener makes http give up reading from the handle itself; its own then parses what it is given.
    socket.off('data', parse);
    socket.on('data', this.readerOf(socket, parse));
    this.taken.add(socket);
  }

  /**
   * Takes all connections of now, once a flood: a few microseconds each, where to be refused by http first is dear and
   * comes when most are waited for.
   */
  takeAll(): void {
    if (this.areAllTaken) return;
    this.areAllTaken = true;
    for (const socket of this.open) this.take(socket);
  }

  private readerOf(socket: HttpSocket, parse: Reader): Reader {
    const look = (chunk: Buffer) => {
      if (!this.isFlood()) this.giveBack(socket, read, parse);
      else if (isIdle(socket)) {
        const request = wholeRequestIn(chunk);
        const answer = request && this.answerTo(request);
        if (answer !== null) return void socket.write(answer, 'latin1');
      }
      parse(chunk);
      // It has become a WebSocket say.
      if (!socket.parser) socket.off('data', read);
    };
    const read = (chunk: Buffer) => {
      this.hurry(socket);
      if (!this.isFlood() || this.mayLook() || !isIdle(socket)) look(chunk);
      else this.waiting.set(socket, () => look(chunk));
    };
    return read;
  }

  /** Looks at what waits of a connection of which more has come. */
  private hurry(socket: Socket): void {
    const look = this.waiting.get(socket);
    if (!look) return;
    this.waiting.delete(socket);
    look();
  }

  private mayLook(): boolean {
    this.awaitTurn();
    return !this.waiting.size && this.looks++ < this.looksATurn;
  }

  private awaitTurn(): void {
    if (this.isTurnAwaited) return;
    this.isTurnAwaited = true;
    setImmediate(() => {
      this.isTurnAwaited = false;
      this.looks = 0;
      for (const socket of this.waiting.keys()) {
        if (this.looks++ === this.looksATurn) break;
        this.hurry(socket);
      }
      if (this.waiting.size) this.awaitTurn();
    });
  }

  private giveBack(socket: Socket, read: Reader, parse: Reader): void {
    this.areAllTaken = false;
    this.taken.delete(socket);
    socket.off('data', read);
    socket.on('data', parse);
  }
}

/** Where upgrades are ignored, a parser that has met one minds nothing any more, so `isIdle` does not know. */
function canUpgrade(server: Server): boolean {
  return server.listenerCount('upgrade') > 0;
}

/** By what http alone reads a connection that it reads now; null when it does not, or somebody else does too. */
function readerOfHttp(socket: HttpSocket): Reader | null {
  const [reader, ...others] = socket.listeners('data') as Reader[];
  const isRead = !!socket.parser && socket.writable && !socket.isPaused();
  return reader && !others.length && isRead ? reader : null;
}

/**
 * Whether http has nothing to answer, nothing to send, and has seen nothing of another message: its parser would not mind if the
 * connection ended here.
 */
function isIdle({ _httpMessage, writableLength, parser }: HttpSocket): boolean {
  return !_httpMessage && writableLength === 0 && !!parser && parser.finish() === undefined;
}
