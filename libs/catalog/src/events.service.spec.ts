import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule } from '#libs/config';
import { fingerprintOf } from '#libs/idempotency';
import { newMasterId } from '#libs/kernel';
import { Shards, ShardingModule } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { AvailabilityService } from './availability.service.js';
import { CatalogModule } from './catalog.module.js';
import type { EventDraft, SectionDraft } from './domain/draft.js';
import type { EventPatch } from './domain/edit.js';
import { EventsService } from './events.service.js';
import { parseId } from '#libs/kernel';
import type { EventDto, SeatDto, SeatListDto } from './http/event.dto.js';
import { renderSeatList } from './http/seat-list.renderer.js';

const refused = (code: string, members?: object) =>
  expect.objectContaining({ code, ...(members && { members: expect.objectContaining(members) }) });
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const price = (amount: number) => ({ amount, currency: 'EUR' });

describe.each([15, 18] as const)('events on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let app: TestingModule;
  let events: EventsService;
  let availability: AvailabilityService;
  const organizationId = newMasterId();
  const userId = newMasterId();
  const viewer = { role: 'organizer', organizationId } as const;
  const stranger = { role: 'organizer', organizationId: newMasterId() } as const;
  const ask = { viewer, callerId: userId, sent: null };

  beforeAll(async () => {
    databases = await createDatabases({ postgres });
    const imports = [ConfigModule.for(databases.config), ShardingModule, CatalogModule];
    app = await (await Test.createTestingModule({ imports }).compile()).init();
    events = app.get(EventsService);
    availability = app.get(AvailabilityService);
  });
  afterAll(async () => {
    await app?.close();
    await databases?.drop();
  });

  const draftOf = (changes: Partial<EventDraft> = {}): EventDraft => ({
    title: 'Mahler 5',
    description: '',
    category: 'concert',
    venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
    startsAt: inDays(30),
    endsAt: inDays(31),
    salesStartAt: null,
    salesEndAt: null,
    ticketTypes: [{ name: 'Standing', kind: 'general', capacity: 500, price: price(4500) }],
    sections: [],
    ...changes,
  });
  const hall = (...sections: SectionDraft[]) =>
    draftOf({ ticketTypes: [{ name: 'Stalls', kind: 'seated', price: price(9000) }], sections });
  const section = (name: string, rows: number, seats: number): SectionDraft => ({
    name,
    ticketType: 'Stalls',
    rows: Array.from({ length: rows }, (_, i) => ({ name: `${i + 1}`, seats })),
  });
  const create = async (draft = draftOf()) => {
    const { body } = await events.createEvent({ organizationId, userId }, draft, ask);
    return { body, id: parseId('event', body.id)! };
  };
  const published = async (draft = draftOf()) => {
    const { id } = await create(draft);
    const { body } = await events.publishEvent(id, ask);
    return { body, id };
  };
  const edit = async (id: string, patch: EventPatch) => {
    const { version } = await events.getEvent(id, viewer);
    return events.editEvent(id, viewer, [version], patch);
  };
  const sql = async <Row>(eventId: string, text: string, values: unknown[] = [eventId]): Promise<Row[]> => {
    const { rows } = await app.get(Shards).ofId(eventId).primary.sql.query(text, values);
    return rows as Row[];
  };
  const newsOf = (eventId: string) =>
    sql<{ type: string; version: number }>(
      eventId,
      'SELECT type, subject_version AS version FROM outbox WHERE subject = $1 ORDER BY created_at, id',
    );
  const seatsOf = async (eventId: string, name: string | null = null): Promise<SeatDto[]> => {
    const list = renderSeatList(await availability.getSeats(eventId, name, viewer));
    return (JSON.parse(list.toString()) as SeatListDto).data;
  };
  const typeId = (body: EventDto, i = 0) => parseId('ticketType', body.ticketTypes[i]!.id)!;

  describe('created', () => {
    it.each([
      ['Älplermagronen', 'shard-1'],
      ['“Hamlet”', 'shard-2'],
      ['Ödipus', 'shard-3'],
      ['Чайка', 'shard-1'],
      ['Zauberflöte', 'shard-4'],
    ])('the event %s lives on %s', async (title, shard) => {
      const { body, id } = await create(draftOf({ title }));
      expect(body).toMatchObject({ shard, status: 'draft', version: 1, title });
      expect((await events.getEvent(id, viewer)).title).toBe(title);
    });

    it('an event announces itself and its availability', async () => {
      const { id } = await create();
      expect(await newsOf(id)).toEqual(
        expect.arrayContaining([
          { type: 'event.changed', version: 1 },
          { type: 'availability.changed', version: 2 },
        ]),
      );
    });

    it('a seat map of 100,000 seats is there seat by seat', async () => {
      const sections = Array.from({ length: 20 }, (_, i) => section(`S${i}`, 100, 50));
      const { body, id } = await create(hall(...sections));
      expect(body.ticketTypes[0]).toMatchObject({ capacity: 100_000, maxPerBooking: 10, maxPerPerson: null });
      expect(body.seatMap!.sections[19]).toMatchObject({ name: 'S19', ticketType: 'Stalls' });
      const counted = await sql<{ seats: number; numbers: string }>(
        id,
        `SELECT count(*)::integer AS seats, min(number::integer) || '-' || max(number::integer) AS numbers
         FROM seats WHERE event_id = $1`,
      );
      expect(counted).toEqual([{ seats: 100_000, numbers: '1-50' }]);
      const seats = await seatsOf(id, 'S7');
      expect(seats).toHaveLength(5000);
      expect(seats.slice(48, 52).map((s) => `${s.section} ${s.row} ${s.number}`)).toEqual([
        'S7 1 49',
        'S7 1 50',
        'S7 2 1',
        'S7 2 2',
      ]);
    });

    it('one key creates one event', async () => {
      const sent = { key: 'once', fingerprint: fingerprintOf('POST', '/v1/events', { a: 1 }) };
      const both = await Promise.all(
        [0, 1].map(() => events.createEvent({ organizationId, userId }, draftOf(), { ...ask, sent })),
      );
      expect(both.map((answer) => answer.replayed).sort()).toEqual([false, true]);
      expect(both[0]!.body.id).toBe(both[1]!.body.id);
      expect(JSON.stringify(both[0]!.body)).toBe(JSON.stringify(both[1]!.body));
      const other = { key: 'once', fingerprint: fingerprintOf('POST', '/v1/events', { a: 2 }) };
      await expect(
        events.createEvent({ organizationId, userId }, draftOf(), { ...ask, sent: other }),
      ).rejects.toEqual(refused('idempotency_key_reused'));
    });

    it('a draft with faults is refused with all of them', async () => {
      const draft = draftOf({ endsAt: inDays(1), sections: [section('A', 1, 1)] });
      await expect(create(draft)).rejects.toEqual(
        refused('validation_failed', {
          errors: [
            expect.objectContaining({ path: 'endsAt' }),
            expect.objectContaining({ path: 'seatMap.sections.0.ticketType' }),
          ],
        }),
      );
    });
  });

  describe('read', () => {
    it('a draft is there for its organization and admins only', async () => {
      const { id } = await create();
      await expect(events.getEvent(id, null)).rejects.toEqual(refused('not_found'));
      await expect(events.getEvent(id, stranger)).rejects.toEqual(refused('not_found'));
      await expect(availability.getAvailability(id, null)).rejects.toEqual(refused('not_found'));
      await expect(availability.getSeats(id, null, stranger)).rejects.toEqual(refused('not_found'));
      const admin = { role: 'admin', organizationId: null } as const;
      expect((await events.getEvent(id, admin)).id).toBe(id);
    });

    it('a published event has ended when its end is past', async () => {
      const { id } = await published();
      await sql(
        id,
        `UPDATE events SET starts_at = now() - interval '2 h', ends_at = now() + interval '1 h' WHERE id = $1`,
      );
      expect((await events.getEvent(id, null)).status).toBe('published');
      await sql(id, `UPDATE events SET ends_at = now() - interval '1 s' WHERE id = $1`);
      expect((await events.getEvent(id, null)).status).toBe('ended');
      await sql(id, `UPDATE events SET ends_at = NULL, sales_end_at = now() + interval '1 h' WHERE id = $1`);
      expect((await events.getEvent(id, null)).status).toBe('published');
      await sql(id, `UPDATE events SET sales_end_at = NULL WHERE id = $1`);
      expect((await events.getEvent(id, null)).status).toBe('ended');
      await expect(events.cancelEvent(id, ask)).rejects.toEqual(refused('invalid_state'));
    });

    it('availability adds up', async () => {
      const { id } = await published();
      const read = await availability.getAvailability(id, null);
      expect(read).toMatchObject({ version: 2, currency: 'EUR' });
      expect(read.ticketTypes).toEqual([
        expect.objectContaining({ name: 'Standing', capacity: 500, available: 500, held: 0, booked: 0 }),
      ]);
    });
  });

  describe('edited', () => {
    it('an event keeps its shard, whatever its new title', async () => {
      const { id } = await create();
      const event = await edit(id, { title: 'Aida', venue: { city: 'Verona', country: 'IT' }, endsAt: null });
      expect(event).toMatchObject({ title: 'Aida', version: 2, shardId: 2, endsAt: null });
      expect(event.venue).toEqual({
        name: 'Philharmonie',
        city: 'Verona',
        country: 'IT',
        timezone: 'Europe/Berlin',
      });
      expect(await newsOf(id)).toContainEqual({ type: 'event.changed', version: 2 });
    });

    it('only the version that was read is changed, by one of two at once', async () => {
      const { id } = await published();
      await expect(events.editEvent(id, viewer, [1], { title: 'Late' })).rejects.toEqual(
        refused('version_conflict'),
      );
      const results = await Promise.allSettled(
        ['One', 'Two'].map((title) => events.editEvent(id, viewer, [2], { title })),
      );
      expect(results.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(results.find((r) => r.status === 'rejected')).toMatchObject({
        reason: refused('version_conflict'),
      });
    });

    it('a capacity grows, and shrinks to what is taken and no further', async () => {
      const { id, body } = await published();
      await sql(id, 'UPDATE stock SET available = available - 7, booked = 4, held = 3 WHERE event_id = $1');
      const resizeTo = (capacity: number) => edit(id, { ticketTypes: [{ id: typeId(body), capacity }] });
      expect((await resizeTo(600)).ticketTypes[0]!.capacity).toBe(600);
      await expect(resizeTo(6)).rejects.toEqual(
        refused('capacity_below_taken', { ticketTypeId: body.ticketTypes[0]!.id, taken: 7 }),
      );
      await resizeTo(7);
      const { ticketTypes } = await availability.getAvailability(id, viewer);
      expect(ticketTypes[0]).toMatchObject({ capacity: 7, available: 0, held: 3, booked: 4 });
    });

    it('ticket types are merged by id, swap names, and new ones come last', async () => {
      const { id, body } = await published(
        draftOf({
          ticketTypes: [
            { name: 'A', kind: 'general', capacity: 1, price: price(1), maxPerPerson: 2 },
            { name: 'B', kind: 'general', capacity: 2, price: price(2) },
          ],
        }),
      );
      const event = await edit(id, {
        ticketTypes: [
          { name: 'C', kind: 'general', capacity: 3, price: price(3) },
          { id: typeId(body, 1), name: 'A', capacity: 5 },
          { id: typeId(body, 0), name: 'B', maxPerPerson: null, maxPerBooking: 3 },
        ],
      });
      expect(event.ticketTypes).toMatchObject([
        { id: typeId(body, 0), name: 'B', capacity: 1, maxPerBooking: 3, maxPerPerson: null },
        { id: typeId(body, 1), name: 'A', capacity: 5 },
        { name: 'C', capacity: 3, priceAmount: 3 },
      ]);
    });

    it('a draft gets another seat map, a published event more sections', async () => {
      const { id } = await create(hall(section('A', 2, 10)));
      const redrawn = await edit(id, { sections: [section('B', 3, 10)] });
      expect(redrawn.sections.map((s) => s.name)).toEqual(['B']);
      expect(redrawn.ticketTypes[0]!.capacity).toBe(30);
      await events.publishEvent(id, ask);
      const grown = await edit(id, { sections: [section('C', 1, 5)] });
      expect(grown.sections.map((s) => s.name)).toEqual(['B', 'C']);
      expect(grown.ticketTypes[0]!.capacity).toBe(35);
      const seats = await seatsOf(id);
      expect(seats).toHaveLength(35);
      await expect(edit(id, { sections: [section('B', 1, 1)] })).rejects.toEqual(
        refused('validation_failed'),
      );
    });

    it('nobody but its organization and admins changes it', async () => {
      const { id } = await published();
      await expect(events.editEvent(id, stranger, 'any', {})).rejects.toEqual(refused('not_found'));
      await expect(events.publishEvent(id, { ...ask, viewer: stranger })).rejects.toEqual(
        refused('not_found'),
      );
      await expect(events.cancelEvent(id, { ...ask, viewer: stranger })).rejects.toEqual(
        refused('not_found'),
      );
      await expect(availability.changeSeats(id, stranger, { block: [], unblock: [] })).rejects.toEqual(
        refused('not_found'),
      );
    });
  });

  describe('published, canceled, deleted', () => {
    it('a draft is published once, and not when it begins in the past', async () => {
      const { id, body } = await published();
      expect(body).toMatchObject({ status: 'published', version: 2 });
      await expect(events.publishEvent(id, ask)).rejects.toEqual(refused('invalid_state'));
      const { id: late } = await create(draftOf({ startsAt: inDays(-1), endsAt: inDays(1) }));
      await expect(events.publishEvent(late, ask)).rejects.toEqual(refused('invalid_state'));
    });

    it('a published event is canceled once, and announces it', async () => {
      const { id } = await published();
      const { body } = await events.cancelEvent(id, ask);
      expect(body).toMatchObject({ status: 'canceled', version: 3, canceling: null });
      expect(await newsOf(id)).toEqual(
        expect.arrayContaining([
          { type: 'event.canceled', version: 3 },
          { type: 'event.changed', version: 3 },
        ]),
      );
      await expect(events.cancelEvent(id, ask)).rejects.toEqual(refused('invalid_state'));
      await expect(edit(id, { title: 'Back' })).rejects.toEqual(refused('invalid_state'));
      expect((await events.getEvent(id, null)).status).toBe('canceled');
    });

    it('a draft is not canceled but deleted, with its seats', async () => {
      const { id } = await create(hall(section('A', 2, 10)));
      await expect(events.cancelEvent(id, ask)).rejects.toEqual(refused('invalid_state'));
      await expect(events.deleteEvent(id, viewer, [9])).rejects.toEqual(refused('version_conflict'));
      await events.deleteEvent(id, viewer, [1]);
      await expect(events.getEvent(id, viewer)).rejects.toEqual(refused('not_found'));
      const left = await sql<{ rows: number }>(
        id,
        `SELECT (SELECT count(*) FROM seats WHERE event_id = $1) + (SELECT count(*) FROM stock WHERE event_id = $1)
           + (SELECT count(*) FROM inventory WHERE event_id = $1) AS rows`,
      );
      expect(left).toEqual([{ rows: 0 }]);
      expect(await newsOf(id)).toContainEqual({ type: 'event.deleted', version: 2 });
    });

    it('what was published is not deleted', async () => {
      const { id } = await published();
      await expect(events.deleteEvent(id, viewer, 'any')).rejects.toEqual(refused('invalid_state'));
    });

    it('one key publishes once and answers twice', async () => {
      const { id } = await create();
      const sent = { key: 'go', fingerprint: fingerprintOf('POST', `/v1/events/${id}/publish`, null) };
      const first = await events.publishEvent(id, { ...ask, sent });
      const second = await events.publishEvent(id, { ...ask, sent });
      expect([first.replayed, second.replayed]).toEqual([false, true]);
      expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body));
    });

    it('publishing and deleting at once leaves one of the two done', async () => {
      for (let round = 0; round < 10; round++) {
        const { id } = await create();
        const [publishing, deleting] = await Promise.allSettled([
          events.publishEvent(id, ask),
          events.deleteEvent(id, viewer, 'any'),
        ]);
        expect([publishing.status, deleting.status].sort()).toEqual(['fulfilled', 'rejected']);
      }
    });
  });
});
