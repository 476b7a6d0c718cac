import { setTimeout as sleep } from 'node:timers/promises';
import type { InventoryService } from '#libs/inventory';
import { formatId } from '#libs/kernel';
import type { Shards } from '#libs/sharding';
import type { Measured } from './benchmark.js';
import { bookSeats } from './booking.load.js';
import type { Dialect } from './follower.js';
import type { FollowersReport, OpenOrder } from './followers.process.js';
import type { Hall } from './halls.js';
import type { Send } from './load.js';
import { type Verified, merge } from './sale.invariants.js';
import { percentile } from './statistics.js';
import type { WorkerProcess } from './worker.process.js';

/** A process that serves live messages, and the one that its clients live in. */
export interface LiveServer {
  process: WorkerProcess;
  port: number;
  crowd: WorkerProcess;
}

/** What an audience is told about, and where what is wrong with it is noted. */
export interface LiveSale {
  shards: Shards;
  inventory: InventoryService;
  verdict: Verified;
}

/** What a connection costs. */
export interface ConnectionCost extends Record<string, number> {
  connections: number;
  kBAConnection: number;
  connectMicros: number;
}

/**
 * Bookings a second of all events together: each tells some two thousand recipients. The clients live on the same machine, and
 * have to keep up. Between two of one event: state goes out every 220 ms at the most.
 */
const BOOKINGS = 5;
const PAUSE_MS = 500;
/** Shares of the connections that come and go before any is counted, and that are there when memory is first looked at. */
const WARMING = 0.1;
const FIRST = 0.25;
/** Far longer than anything should take. */
const PATIENCE_MS = 120_000;

/** Everybody who follows events by some servers, while these are sold seat by seat. */
export class Audience {
  readonly name: string;
  private readonly dialect: Dialect;
  private readonly servers: readonly LiveServer[];
  private readonly sale: LiveSale;
  private readonly stages: Stage[];

  constructor(
    name: string,
    dialect: Dialect,
    servers: readonly LiveServer[],
    halls: readonly Hall[],
    sale: LiveSale,
  ) {
    this.name = name;
    this.dialect = dialect;
    this.servers = servers;
    this.sale = sale;
    this.stages = halls.map((hall) => ({
      topic: `event:${formatId('event', hall.eventId)}`,
      hall,
      book: bookSeats(sale.inventory, hall),
      answeredAt: [],
    }));
  }

  /** Connects so many to each server. */
  async open(each: number): Promise<ConnectionCost> {
    // What a process takes once, whoever comes: compiled code, room for garbage, pools.
    await this.connect(Math.ceil(each * WARMING), 'comeAndGo');
    const first = Math.ceil(each * FIRST);
    await this.connect(first);
    const before = await this.memory();
    const cpuBefore = await this.cpu();
    await this.connect(each - first);
    const cpu = (await this.cpu()) - cpuBefore;
    const more = (each - first) * this.servers.length;
    return {
      connections: each * this.servers.length,
      kBAConnection: ((await this.memory()) - before) / 1024 / more,
      connectMicros: cpu / more,
    };
  }

  /** Sells for so long, waits until everybody knows how it ended, and notes who does not. */
  async sell(seconds: number): Promise<Measured> {
    const before = await this.reports();
    const cpuBefore = await this.cpu();
    const begun = performance.now();
    const from = this.stages.map(({ answeredAt }) => answeredAt.length);
    await this.bookFor(seconds);
    const reports = await this.untilAllKnow();
    const ms = performance.now() - begun;
    const messages = heardIn(reports) - heardIn(before);
    const delays = this.stages.flatMap((stage, i) => delaysOf(stage, from[i]!, reports));
    const sorted = Float64Array.from(delays).sort();
    merge(this.sale.verdict, this.judge(reports, messages), this.name);
    return {
      perSecond: (1000 * messages) / ms,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      cpuMicros: ((await this.cpu()) - cpuBefore) / messages,
      snapshots: sum(reports, ({ snapshots }) => snapshots),
    };
  }

  async close(): Promise<void> {
    for (const { crowd, process } of this.servers) {
      await crowd.ask('close');
      await Promise.all([crowd.stop(), process.stop()]);
    }
  }

  private async connect(count: number, how: 'open' | 'comeAndGo' = 'open'): Promise<void> {
    const topics = this.stages.map(({ topic }) => topic);
    const order = { dialect: this.dialect, count, topics };
    await Promise.all(
      this.servers.map(({ crowd, port }) => crowd.ask(how, { ...order, port } satisfies OpenOrder)),
    );
  }

  private async memory(): Promise<number> {
    return sum(await Promise.all(this.servers.map(({ process }) => process.memory())), (bytes) => bytes);
  }

  private async cpu(): Promise<number> {
    return sum(await Promise.all(this.servers.map(({ process }) => process.cpuMicros())), (micros) => micros);
  }

  /** A seat at a time of each event, at a fixed pace, so that each booking makes a version of its own. */
  private async bookFor(seconds: number): Promise<void> {
    const pause = Math.max(PAUSE_MS, (1000 * this.stages.length) / BOOKINGS);
    const end = performance.now() + 1000 * seconds;
    await Promise.all(
      this.stages.map(async ({ book, answeredAt }, i) => {
        for (let due = performance.now() + (i * pause) / this.stages.length; due < end; due += pause) {
          await sleep(Math.max(0, due - performance.now()));
          await book(0, answeredAt.length);
          answeredAt.push(Date.now());
        }
      }),
    );
  }

  private async untilAllKnow(): Promise<FollowersReport[]> {
    for (const end = performance.now() + PATIENCE_MS; ; await sleep(100)) {
      const reports = await this.reports();
      if (reports.every(({ behind }) => behind === 0) || performance.now() > end) return reports;
    }
  }

  private async reports(): Promise<FollowersReport[]> {
    const versions = await this.versions();
    return Promise.all(this.servers.map(({ crowd }) => crowd.ask<FollowersReport>('report', { versions })));
  }

  /** Of each event the version that its database has. */
  private async versions(): Promise<Map<string, number>> {
    const known = new Map<string, number>();
    const byShard = Map.groupBy(this.stages, ({ hall }) => this.sale.shards.ofId(hall.eventId));
    for (const [shard, stages] of byShard) {
      const { rows } = await shard.primary.sql.query<{ event_id: string; version: string }>(
        'SELECT event_id, version FROM inventory WHERE event_id = ANY ($1::uuid[])',
        [stages.map(({ hall }) => hall.eventId)],
      );
      for (const { event_id, version } of rows) {
        const stage = stages.find(({ hall }) => hall.eventId === event_id)!;
        // What is told of none of them is not waited for: a follower hears of changes.
        if (stage.answeredAt.length) known.set(stage.topic, Number(version));
        if (Number(version) !== stage.answeredAt.length + 1)
          throw new Error(`${stage.answeredAt.length} bookings made version ${version} of ${stage.topic}`);
      }
    }
    return known;
  }

  private judge(reports: readonly FollowersReport[], messages: number): Verified {
    const gaps = sum(reports, (report) => report.gaps);
    const behind = sum(reports, (report) => report.behind);
    const lost = reports.flatMap((report) => Object.entries(report.lost));
    return {
      faults: [
        ...(gaps ? [`${gaps} followers missed a message`] : []),
        ...(behind ? [`${behind} followers do not know how it ended`] : []),
        ...lost.map(([why, count]) => `${count} connections were lost: ${why}`),
      ],
      checked: { messages },
    };
  }
}

/** An event that is sold while followers look on. */
interface Stage {
  topic: string;
  hall: Hall;
  book: Send;
  /** When each booking was answered, milliseconds since 1970. Booking n makes version n + 2 of the event. */
  answeredAt: number[];
}

/** Of each booking from number `from` on, milliseconds until the last follower had heard of it. */
function delaysOf({ topic, answeredAt }: Stage, from: number, reports: readonly FollowersReport[]): number[] {
  const heard = reports.map(({ lastAt }) => [...(lastAt.get(topic) ?? [])].toSorted(([a], [b]) => a - b));
  return answeredAt.slice(from).map((answered, i) => {
    const version = from + i + 2;
    // Where several bookings came in one message, its version is a later one.
    const last = heard.map((versions) => versions.find(([told]) => told >= version)?.[1] ?? Infinity);
    return Math.max(0, Math.max(...last) - answered);
  });
}

function heardIn(reports: readonly FollowersReport[]): number {
  return sum(reports, ({ messages }) => messages);
}

function sum<T>(values: readonly T[], pick: (value: T) => number): number {
  return values.reduce((total, value) => total + pick(value), 0);
}
