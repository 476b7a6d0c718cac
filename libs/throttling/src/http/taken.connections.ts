import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WholeRequest, wholeRequestIn } from './whole.request.js';

/** What http keeps with a connection, and does not document: whose answer is being sent, and the latest request. */
interface HttpSocket extends Socket {
  _httpMessage?: object | null;
  parser?: { incoming: IncomingMessage | null } | null;
}

type Reader = (chunk: Buffer) => void;

/**
 * Connections that are read here before http reads them, for as long as a flood lasts: to have a request parsed, made into objects
 * and answered by http costs more than to refuse it.
 *
 * A request is answered here only when it came whole and alone, right after the end of another, with nothing left to answer or to be sent
 * before it; all other bytes go to http as they came. So http never misses what it would have needed, and answers stay in order.
 */
export class TakenConnections {
  private readonly taken = new WeakSet<Socket>();

  /**
   * @param isFlood whether it goes on; a connection is given back with its first bytes afterwards
   * @param answerTo the answer to a request as it goes over the wire, or null when http shall have it
   */
  constructor(
    private readonly isFlood: () => boolean,
    private readonly answerTo: (request: WholeRequest) => string | null,
  ) {}

  /** Call it when an answer has been sent. */
  take(socket: HttpSocket): void {
    const [parse, ...others] = socket.listeners('data') as Reader[];
    if (
      !parse ||
      others.length ||
      !socket.parser ||
      !socket.writable ||
      socket.isPaused() ||
      this.taken.has(socket)
    )
      return;
    // Another listener makes http give up reading from the handle itself; its own then parses what it is given.
    socket.off('data', parse);
    socket.on('data', this.readerOf(socket, parse));
    this.taken.add(socket);
  }

  private readerOf(socket: HttpSocket, parse: Reader): Reader {
    /** Whether what comes next begins a message. */
    let isAtStart = false;
    const read = (chunk: Buffer) => {
      const request = this.isFlood() ? wholeRequestIn(chunk) : null;
      if (request && isAtStart && !socket._httpMessage && socket.writableLength === 0) {
        const answer = this.answerTo(request);
        if (answer !== null) return void socket.write(answer, 'latin1');
      }
      const before = socket.parser?.incoming;
      const wasComplete = !before || before.complete;
      parse(chunk);
      const found = socket.parser?.incoming;
      isAtStart =
        request !== null && (isAtStart || (wasComplete && found !== before && isAllOf(request, found)));
      // It has become a WebSocket say, or the flood is over.
      if (!socket.parser) socket.off('data', read);
      else if (!this.isFlood()) this.giveBack(socket, read, parse);
    };
    return read;
  }

  private giveBack(socket: Socket, read: Reader, parse: Reader): void {
    this.taken.delete(socket);
    socket.off('data', read);
    socket.on('data', parse);
  }
}

/**
 * Whether what http found in some bytes is the request that they seem to be. Had they completed the head of another one, it would have
 * another start line, or theirs among its headers.
 */
function isAllOf({ method, url, headers }: WholeRequest, found: IncomingMessage | null | undefined): boolean {
  return (
    !!found?.complete &&
    found.method === method &&
    found.url === url &&
    found.rawHeaders.length === 2 * headers
  );
}
