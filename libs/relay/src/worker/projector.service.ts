import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Projection, ProjectionWriter } from '#libs/outbox';
import { Master } from '#libs/sharding';
import { inTrace, startTrace } from '#libs/tracing';
import { newestBySubject } from '../domain/coalesce.js';
import type { ClaimedRow } from '../persistence/claims.sql.js';
import { remember } from '../persistence/inbox.sql.js';
import { isPassing } from './failure.errors.js';

/** Called for each row: confirmed without an error, or what its own failure was. */
export type OnProjected = (row: ClaimedRow, error?: unknown) => void;

/** Applies DomainEvents to projections on the master. */
@Injectable()
export class Projector {
  private readonly log = new Logger(Projector.name);

  constructor(
    private readonly master: Master,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * Applies the rows in one transaction; when one of them makes it fail, halves them until that one fails alone.
   * Throws, with rows possibly applied and told, when the master is away or in the way.
   */
  async project(projection: Projection, rows: ClaimedRow[], told: OnProjected): Promise<void> {
    if (!rows.length) return;
    try {
      await this.applyTogether(projection, rows);
      for (const row of rows) told(row);
    } catch (error) {
      if (isPassing(error)) throw error;
      const [first] = rows;
      if (rows.length === 1) {
        this.warn(projection, first!, error);
        told(first!, error);
        return;
      }
      const half = Math.ceil(rows.length / 2);
      await this.project(projection, rows.slice(0, half), told);
      await this.project(projection, rows.slice(half), told);
    }
  }

  private applyTogether({ name, use }: Projection, rows: ClaimedRow[]): Promise<void> {
    const writer = this.modules.get<ProjectionWriter>(use);
    return this.master.transaction(async (tx) => {
      const fresh = await remember(
        tx,
        name,
        rows.map((row) => row.id),
      );
      const newest = newestBySubject(rows.filter((row) => fresh.has(row.id)));
      if (newest.length) await writer.apply(tx, newest);
    });
  }

  private warn(projection: Projection, row: ClaimedRow, error: unknown): void {
    inTrace(startTrace(row.trace), () =>
      this.log.warn({
        msg: `${projection.name} cannot take ${row.type}`,
        domainEventId: row.id,
        err: error,
      }),
    );
  }
}
