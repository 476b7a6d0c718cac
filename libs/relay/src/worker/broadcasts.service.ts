import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broadcast, Broadcaster } from '#libs/outbox';
import type { Database } from '#libs/sharding';
import { inTrace, startTrace } from '#libs/tracing';
import type { Verdict } from '../domain/verdict.js';
import { type ClaimedRow, confirm } from '../persistence/claims.sql.js';
import { Consumers } from './consumers.service.js';
import { isPassing, textOf } from './failure.errors.js';
import type { PassTrace } from './pass.trace.js';
import { confirmSeconds, failures } from './relay.metrics.js';

/** What is told within this time is confirmed with the pass, in one statement; what takes longer, by itself. */
const TOGETHER_MS = 25;
const LATE = Symbol('late');

/** A row, and why it could not be told; undefined when it was. */
interface Told {
  row: ClaimedRow;
  error?: unknown;
}

/** A broadcast that is still at it. */
export interface Telling {
  name: string;
  result: Promise<Told[]>;
}

/** Gives DomainEvents to the broadcasts, and confirms what they have told. */
@Injectable()
export class Broadcasts {
  private readonly log = new Logger(Broadcasts.name);
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly consumers: Consumers,
    private readonly modules: ModuleRef,
  ) {}

  /** Tells the rows and notes in the verdicts what became of them; gives the rest when it takes longer than a pass waits. */
  async tell(
    { name, use }: Broadcast,
    rows: ClaimedRow[],
    verdicts: Map<string, Verdict>,
    pass: PassTrace,
  ): Promise<Telling | null> {
    if (!rows.length) return null;
    const result = pass.part(`tell ${name}`, 'internal', rows, () =>
      this.tellAll(name, this.modules.get<Broadcaster>(use), rows),
    );
    const told = await Promise.race([result, sleep(TOGETHER_MS, LATE)]);
    if (told === LATE) return { name, result };
    for (const { row, error } of told) {
      const verdict = verdicts.get(row.id)!;
      if (error === undefined) {
        verdict.confirmed.push(name);
        confirmSeconds.observe({ consumer: name }, ageOf(row));
      } else if (isPassing(error)) verdict.away = true;
      else verdict.error = textOf(name, error);
    }
    return null;
  }

  /** Confirms what is told late; what fails then comes again when its lease ends. */
  follow(source: Database<unknown>, telling: Telling): void {
    const following = this.confirmLate(source, telling)
      .catch((error: unknown) => {
        this.log.warn({ msg: `${telling.name}: could not be confirmed, comes again`, err: error });
      })
      .finally(() => this.running.delete(following));
    this.running.add(following);
  }

  /** Once what runs is through. */
  async finished(): Promise<void> {
    await Promise.all(this.running);
  }

  private async confirmLate(source: Database<unknown>, { name, result }: Telling): Promise<void> {
    const told = (await result).filter(({ error }) => error === undefined).map(({ row }) => row);
    for (const [type, rows] of Map.groupBy(told, (row) => row.type)) {
      const ids = rows.map((row) => row.id);
      await confirm(source, ids, name, this.consumers.requiredFor(type));
      for (const row of rows) confirmSeconds.observe({ consumer: name }, ageOf(row));
    }
  }

  /** All at once; when one of them makes it fail, halves them until that one fails alone. */
  private async tellAll(name: string, runner: Broadcaster, rows: ClaimedRow[]): Promise<Told[]> {
    try {
      await runner.tell(rows);
      return rows.map((row) => ({ row }));
    } catch (error) {
      if (isPassing(error)) return rows.map((row) => ({ row, error }));
      const half = Math.ceil(rows.length / 2);
      if (half < rows.length) {
        const first = await this.tellAll(name, runner, rows.slice(0, half));
        return [...first, ...(await this.tellAll(name, runner, rows.slice(half)))];
      }
      const row = rows[0]!;
      inTrace(startTrace(row.trace), () =>
        this.log.warn({ msg: `${name} cannot tell ${row.type}`, domainEventId: row.id, err: error }),
      );
      failures.inc({ consumer: name });
      return [{ row, error }];
    }
  }
}

/** Seconds since the DomainEvent was written, by this machine's clock; never below 0. */
export function ageOf(row: ClaimedRow): number {
  return Math.max(0, (Date.now() - row.createdAt.getTime()) / 1000);
}
