import { WebSocket } from 'ws';

/** A `ws` socket that knows what is made of it, so that its listeners are functions shared by all. */
export class LiveSocket<Connection extends object = object> extends WebSocket {
  connection: Connection | null = null;
}
