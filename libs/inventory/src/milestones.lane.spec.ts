import type { DomainEvent } from '#libs/contracts';
import { newMasterId } from '#libs/kernel';
import { type OpenLanes, openLanes } from '../../../test/support/lanes.js';
import { type Sale, openSale } from '../../../test/support/sale.js';
import { type EntryRecord, waitlistMilestones } from './index.js';

// Slot 0 is on PostgreSQL 18, slot 360 (shard 3) on 15.
describe.each([
  [18, 0],
  [15, 360],
])('milestones of a waitlist, on PostgreSQL %i', (_, slot) => {
  let opened: OpenLanes;

  beforeAll(async () => {
    opened = await openLanes();
  });
  afterAll(() => opened?.close());

  const query = async <Row extends object>(sql: string, values: unknown[]) =>
    (await opened.shards.ofSlot(slot).primary.sql.query<Row>(sql, values)).rows;
  /** A sold-out event, and so many who wait, in their order. */
  const queue = async (waiting: number) => {
    const sale = await openSale(opened.shards, { slot, types: [{ capacity: 1 }] });
    const ask = { ticketTypeId: sale.typeIds[0]!, quantity: 1 };
    const { booking } = await opened.inventory.book(sale.eventId, newMasterId(), [ask], null);
    const entries: EntryRecord[] = [];
    while (entries.length < waiting) {
      entries.push((await opened.inventory.join(sale.eventId, newMasterId(), ask, null)).entry);
    }
    return { sale, booking, entries };
  };
  const newsOf = (sale: Sale, types: readonly string[]) =>
    query<DomainEvent<'waitlist.moved' | 'waitlist.milestone'>>(
      `SELECT id, type, subject, subject_version AS "subjectVersion", payload, trace FROM outbox
       WHERE type = ANY($2) AND payload ->> 'eventId' = $1 ORDER BY id`,
      [sale.eventId, types],
    );
  let seen = new Set<string>();
  /** Two workers are brought all that happened so far, twice; gives what is announced of it: of which entry what, and where it stood. */
  const announced = async ({ sale, entries }: { sale: Sale; entries: EntryRecord[] }) => {
    const workers = [1, 2].map(() => new waitlistMilestones.use(opened.shards));
    const news = (await newsOf(sale, waitlistMilestones.types)) as DomainEvent<'waitlist.moved'>[];
    await Promise.all([...workers, ...workers].map((worker) => worker.tell(news)));
    const all = (await newsOf(sale, ['waitlist.milestone'])) as DomainEvent<'waitlist.milestone'>[];
    const fresh = all.filter(({ id }) => !seen.has(id));
    seen = new Set([...seen, ...fresh.map(({ id }) => id)]);
    return fresh
      .map(({ subject, payload }) => [
        entries.findIndex(({ id }) => id === subject),
        payload.milestone,
        payload.position,
      ])
      .sort((a, b) => Number(a[2]) - Number(b[2]));
  };

  it('are announced once, of whoever comes to the first ten, or to be the next', async () => {
    const list = await queue(12);
    const { inventory } = opened;
    expect(await announced(list)).toEqual([]);
    await inventory.leave(list.entries[0]!);
    const behind = Array.from({ length: 9 }, (__, i) => [i + 2, 'top_10', i + 2]);
    expect(await announced(list)).toEqual([[1, 'next', 1], ...behind]);
    // Who was next before is told of nothing less.
    await inventory.prioritize(list.entries[5]!, 50);
    expect(await announced(list)).toEqual([[5, 'next', 1]]);
    await inventory.cancel(list.booking, { late: false, reason: null }, null);
    expect(await announced(list)).toEqual([[11, 'top_10', 10]]);
    await inventory.prioritize(list.entries[11]!, 50);
    expect(await announced(list)).toEqual([[11, 'next', 1]]);
    // The others come to where they were before.
    await inventory.leave(list.entries[11]!);
    expect(await announced(list)).toEqual([]);
    const ids = list.entries.map(({ id }) => id);
    await query('DELETE FROM waitlist_entries WHERE id = ANY($1)', [ids]);
    expect(await query('SELECT FROM waitlist_milestones WHERE entry_id = ANY($1)', [ids])).toEqual([]);
  });

  it('are not announced of a list that is over', async () => {
    const list = await queue(2);
    await opened.inventory.leave(list.entries[0]!);
    const settle = (sql: string) => query(sql, [list.sale.eventId]);
    await settle(`UPDATE events SET status = 'canceled' WHERE id = $1`);
    expect(await announced(list)).toEqual([]);
    await settle(`UPDATE events SET status = 'published' WHERE id = $1`);
    await settle('UPDATE inventory SET waitlist_cut_off_minutes = 525600 WHERE event_id = $1');
    expect(await announced(list)).toEqual([]);
    await settle('UPDATE inventory SET waitlist_cut_off_minutes = NULL WHERE event_id = $1');
    expect(await announced(list)).toEqual([[1, 'next', 1]]);
  });
});
