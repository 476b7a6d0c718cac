import type { DomainEvent } from '#libs/contracts';
import { arrays } from '#libs/sharding';
import type { Prisma } from '#prisma/master';

// In: arrays of equal length, one element a DomainEvent. Effect: one row each, due at once.
const APPEND = {
  name: 'outbox_append',
  text: `
    INSERT INTO outbox (id, type, subject, subject_version, payload, trace)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::json[], $6::text[])`,
};

/** Whoever runs a statement in the transaction that he has begun. */
interface Running {
  query: (statement: typeof APPEND & { values: unknown[] }) => Promise<unknown>;
}

/** Writes DomainEvents in the transaction that made them happen: on a shard, or on the master with plain SQL. */
export async function append(tx: Running, events: readonly DomainEvent[]): Promise<void> {
  if (events.length) await tx.query({ ...APPEND, values: appendValues(events) });
}

/** The same in a transaction of the master's Prisma client. */
export async function appendOnMaster(
  tx: Pick<Prisma.TransactionClient, 'outboxRow'>,
  events: readonly DomainEvent[],
): Promise<void> {
  if (!events.length) return;
  await tx.outboxRow.createMany({
    data: events.map(({ id, type, subject, subjectVersion, payload, trace }) => {
      // A DomainEvent's payload is JSON by its type; Prisma's own name for that asks for an index signature.
      return {
        id,
        type,
        subject,
        subjectVersion,
        payload: payload as unknown as Prisma.InputJsonObject,
        trace,
      };
    }),
  });
}

function appendValues(events: readonly DomainEvent[]): Buffer[] {
  return [
    arrays.uuids(events.map((e) => e.id)),
    arrays.texts(events.map((e) => e.type)),
    arrays.uuids(events.map((e) => e.subject)),
    arrays.bigints(events.map((e) => e.subjectVersion)),
    arrays.jsons(events.map((e) => JSON.stringify(e.payload))),
    arrays.texts(events.map((e) => e.trace)),
  ];
}
