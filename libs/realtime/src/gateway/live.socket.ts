import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** A `ws` socket that knows what is made of it, so that its listeners are functions shared by all. */
export class LiveSocket<Connection extends object = object> extends WebSocket {
  connection: Connection | null = null;

  /**
   * Sends a frame that was made for many. `send` would make its head anew for each and write it apart, which costs a fifth of the
   * whole; with nothing compressed, it keeps no frame back that this one could overtake.
   */
  sendWhole(frame: Buffer): void {
    (this as unknown as { _socket: Duplex })._socket.write(frame);
  }
}
