import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, InjectConfig } from '#libs/config';
import { AccessChanges, type Caller } from '#libs/identity';
import { subscriberOf } from '#libs/throttling';
import { counter, gauge } from '#libs/tracing';
import { Hub } from '../hub/hub.service.js';
import { CLOSE } from './close.codes.js';
import { type Connection, type ConnectionWatch, SLOW_BYTES } from './client.connection.js';
import { ConnectionCounts } from './connection-counts.client.js';

/** Connections of one address and of one user, over all processes; far more than people have windows open. */
const MOST = { default: { address: 100, user: 20 }, relaxed: { address: Infinity, user: Infinity } };
/** Silence after which a client is asked whether it is there, and after which it is not. Milliseconds. */
const ASK_MS = 30_000;
const GONE_MS = 60_000;
/** Between two looks at everybody. */
const SWEEP_MS = 1000;
/** Between two looks at who reads slowly, and how long anybody may. */
const DRAIN_MS = 50;
const SLOW_MS = 15_000;
/** Clients told at once, and between two such groups, when the process ends: they all connect again somewhere. */
const FAREWELLS = 500;
const FAREWELL_MS = 50;
/** How long they may take to go. */
const LEAVE_MS = 3000;

/** All connections of this process: how many there may be, who is still there, and who may stay. */
@Injectable()
export class Connections implements ConnectionWatch, OnModuleInit, OnApplicationShutdown {
  private readonly all = new Set<Connection>();
  private readonly slow = new Set<Connection>();
  private readonly most: { address: number; user: number };
  private readonly tooSlow = counter('live_cut_off_total', 'Connections that read too slowly.');
  private sweeping: NodeJS.Timeout | undefined;
  private draining: NodeJS.Timeout | null = null;
  private leaving = false;

  constructor(
    private readonly hub: Hub,
    private readonly changes: AccessChanges,
    private readonly counts: ConnectionCounts,
    @InjectConfig() config: Config,
  ) {
    this.most = MOST[config.throttle.profile];
  }

  onModuleInit(): void {
    gauge('live_connections', 'WebSocket connections of this process.', [], (metric) =>
      metric.set(this.all.size),
    );
    this.sweeping = setInterval(() => this.sweep(), SWEEP_MS);
    this.sweeping.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.sweeping);
    clearTimeout(this.draining ?? undefined);
  }

  /** Counts a connection of this address, which is to be added or to be given up; or tells why there can be none now. */
  async admit(address: string): Promise<'admitted' | 'leaving' | 'too_many'> {
    if (this.leaving) return 'leaving';
    if (!(await this.counts.take(byAddress(address), this.most.address))) return 'too_many';
    if (!this.leaving) return 'admitted';
    this.giveUp(address);
    return 'leaving';
  }

  /** A connection that was admitted has not come about. */
  giveUp(address: string): void {
    this.counts.release(byAddress(address), this.most.address);
  }

  /** Takes a connection that was admitted. */
  add(connection: Connection): void {
    this.all.add(connection);
  }

  remove(connection: Connection): void {
    if (!this.all.delete(connection)) return;
    this.slow.delete(connection);
    this.giveUp(connection.address);
    if (connection.caller) this.counts.release(byUser(connection.caller), this.most.user);
    for (const live of connection.subscriptions?.values() ?? []) this.hub.leave(live, connection);
    connection.subscriptions = null;
  }

  /** The connection is this user's from now on; false when the user has too many. */
  async identify(connection: Connection, caller: Caller): Promise<boolean> {
    if (connection.caller === null) {
      if (!(await this.counts.take(byUser(caller), this.most.user))) return false;
      // It ended meanwhile, and nobody else will release it.
      if (!this.all.has(connection)) {
        this.counts.release(byUser(caller), this.most.user);
        return true;
      }
    }
    connection.caller = caller;
    return true;
  }

  fellBehind(connection: Connection): void {
    connection.slowSince ??= performance.now();
    this.slow.add(connection);
    this.draining ??= setTimeout(() => this.drain(), DRAIN_MS);
  }

  cutOff(connection: Connection): void {
    this.slow.delete(connection);
    this.tooSlow.inc();
    connection.close(CLOSE.later, 'reads too slowly');
  }

  /** Sends everybody away, to another process. */
  async sayFarewell(): Promise<void> {
    this.leaving = true;
    let told = 0;
    for (const connection of [...this.all]) {
      connection.close(CLOSE.restart, 'connect again');
      if (++told % FAREWELLS === 0) await sleep(FAREWELL_MS);
    }
    for (const end = performance.now() + LEAVE_MS; this.all.size && performance.now() < end;) await sleep(20);
    for (const connection of this.all) connection.socket.terminate();
  }

  /** Whoever has read on gets a snapshot of what was left out; who has not for long is cut off. */
  private drain(): void {
    this.draining = null;
    const now = performance.now();
    for (const connection of this.slow) {
      const { socket, slowSince } = connection;
      if (socket.bufferedAmount < SLOW_BYTES / 4) {
        this.slow.delete(connection);
        connection.slowSince = null;
        for (const live of connection.missed) void this.hub.catchUp(live, [connection], null);
      } else if (connection.closing) this.slow.delete(connection);
      else if (now - slowSince! > SLOW_MS) this.cutOff(connection);
    }
    if (this.slow.size) this.draining = setTimeout(() => this.drain(), DRAIN_MS);
  }

  private sweep(): void {
    const now = performance.now();
    const clock = Date.now();
    for (const connection of this.all) {
      if (!this.mayStay(connection, clock)) continue;
      const silence = now - connection.heardAt;
      if (silence > GONE_MS) connection.socket.terminate();
      // Asked again each second until it answers: some twenty bytes.
      else if (silence > ASK_MS && connection.socket.readyState === connection.socket.OPEN)
        connection.socket.ping();
    }
  }

  private mayStay(connection: Connection, clock: number): boolean {
    const { caller, closing } = connection;
    if (!caller || closing) return true;
    const ended = caller.sessionId !== null && this.changes.list.hasEnded(caller.sessionId);
    if (!ended && (caller.expiresAt ?? Infinity) > clock) return true;
    const why = ended
      ? 'The session was ended; sign in again.'
      : 'The access token has run out; get a new one.';
    connection.refuse('unauthenticated', why);
    connection.close(CLOSE.policy, 'unauthenticated');
    return false;
  }
}

function byAddress(address: string): string {
  return `address:${subscriberOf(address)}`;
}

function byUser({ userId }: Caller): string {
  return `user:${userId}`;
}
