import { readFileSync } from 'node:fs';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule } from '#libs/config';
import { newId, newMasterId, parseId } from '#libs/kernel';
import { Shards, ShardingModule } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { AvailabilityService } from './availability.service.js';
import { CatalogModule } from './catalog.module.js';
import type { SectionDraft } from './domain/draft.js';
import { EventsService } from './events.service.js';
import type { SeatListDto } from './http/event.dto.js';
import { toSeatListDto } from './http/event.mapping.js';
import { renderSeatList } from './http/seat-list.renderer.js';

const refused = (code: string, members?: object) =>
  expect.objectContaining({ code, ...(members && { members: expect.objectContaining(members) }) });
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

describe.each([15, 18] as const)('seats on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let app: TestingModule;
  let events: EventsService;
  let availability: AvailabilityService;
  const organizationId = newMasterId();
  const userId = newMasterId();
  const viewer = { role: 'organizer', organizationId } as const;
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

  const section = (name: string, rows: number, seats: number): SectionDraft => ({
    name,
    ticketType: 'Stalls',
    rows: Array.from({ length: rows }, (_, i) => ({ name: `${i + 1}`, seats })),
  });
  const hall = async (...sections: SectionDraft[]) => {
    const draft = {
      title: 'Mahler 5',
      description: '',
      category: 'concert',
      venue: { name: 'Philharmonie', city: 'Berlin', country: 'DE', timezone: 'Europe/Berlin' },
      startsAt: inDays(30),
      endsAt: inDays(31),
      salesStartAt: null,
      salesEndAt: null,
      ticketTypes: [{ name: 'Stalls', kind: 'seated' as const, price: { amount: 9000, currency: 'EUR' } }],
      sections,
    };
    const { body } = await events.createEvent({ organizationId, userId }, draft, ask);
    const id = parseId('event', body.id)!;
    await events.publishEvent(id, ask);
    return id;
  };
  const list = async (id: string, name: string | null = null): Promise<SeatListDto> => {
    const body = renderSeatList(await availability.getSeats(id, name, viewer)).toString();
    return JSON.parse(body) as SeatListDto;
  };
  const seatsOf = async (id: string) => {
    const { data } = await list(id);
    return data.map((seat) => ({ ...seat, id: parseId('seat', seat.id)! }));
  };
  const change = async (id: string, block: string[], unblock: string[] = []) =>
    toSeatListDto(await availability.changeSeats(id, viewer, { block, unblock }));
  const sql = async <Row>(eventId: string, text: string): Promise<Row[]> => {
    const { rows } = await app.get(Shards).ofId(eventId).primary.sql.query(text, [eventId]);
    return rows as Row[];
  };
  const newsOf = (id: string) =>
    sql<{ version: number; payload: { seats: object[] } }>(
      id,
      `SELECT subject_version AS version, payload FROM outbox WHERE subject = $1 AND type = 'seats.changed' ORDER BY id`,
    );

  it('are blocked and unblocked, the capacity follows, and everybody hears of it', async () => {
    const id = await hall(section('A', 2, 5));
    const ids = (await seatsOf(id)).map((seat) => seat.id);
    const blocked = await change(id, ids.slice(0, 3));
    expect(blocked.data.map((seat) => seat.status)).toEqual(['blocked', 'blocked', 'blocked']);
    const mixed = await change(id, [ids[1]!, ids[5]!], [ids[0]!, ids[9]!]);
    expect(mixed.data.map((seat) => seat.status)).toEqual(['free', 'blocked', 'blocked', 'free']);
    expect(mixed.version).toBe(blocked.version + 1);
    const { ticketTypes, version } = await availability.getAvailability(id, viewer);
    expect(ticketTypes[0]).toMatchObject({ capacity: 7, available: 7 });
    expect(version).toBe(mixed.version);
    expect((await events.getEvent(id, viewer)).version).toBe(2);
    const after = await list(id);
    expect(after.version).toBe(version);
    expect(after.data.map((seat) => seat.status).join()).toBe(
      'free,blocked,blocked,free,free,blocked,free,free,free,free',
    );
    const [first, second] = await newsOf(id);
    expect(first).toMatchObject({ version: blocked.version, payload: { eventId: id } });
    expect(second).toEqual({
      version,
      payload: {
        eventId: id,
        seats: [
          { id: ids[5], status: 'blocked' },
          { id: ids[0], status: 'free' },
        ],
      },
    });
  });

  it('that are so already change nothing, and nobody hears of it', async () => {
    const id = await hall(section('A', 1, 3));
    const [seat] = await seatsOf(id);
    const { version } = await change(id, [seat!.id]);
    expect((await change(id, [seat!.id])).version).toBe(version);
    expect(await newsOf(id)).toHaveLength(1);
  });

  it('that are held or booked are not blocked, and nothing else is either', async () => {
    const id = await hall(section('A', 1, 4));
    const ids = (await seatsOf(id)).map((seat) => seat.id);
    await sql(id, 'UPDATE section_seats SET booked = set_bit(booked, 1, 1) WHERE event_id = $1');
    await expect(change(id, ids)).rejects.toEqual(
      refused('seat_taken', { seatIds: [expect.stringMatching(/^sea_/)] }),
    );
    expect((await list(id)).data.map((seat) => seat.status)).toEqual(['free', 'booked', 'free', 'free']);
    expect((await availability.getAvailability(id, viewer)).ticketTypes[0]!.capacity).toBe(4);
  });

  it('of another event are unknown', async () => {
    const id = await hall(section('A', 1, 1));
    const [seat] = await seatsOf(await hall(section('A', 1, 1)));
    await expect(change(id, [], [seat!.id])).rejects.toEqual(
      refused('validation_failed', { errors: [expect.objectContaining({ path: 'unblock.0' })] }),
    );
  });

  it('of sections that were added since are listed and blocked', async () => {
    const id = await hall(section('A', 1, 2));
    await list(id);
    const { version } = await events.getEvent(id, viewer);
    await events.editEvent(id, viewer, [version], { sections: [section('B', 2, 2)] });
    // Straight to the change, with the plan in memory as it was before.
    const added = await sql<{ id: string }>(id, 'SELECT id FROM seats WHERE event_id = $1 AND section = 1');
    await change(
      id,
      added.map((seat) => seat.id),
    );
    const { data } = await list(id);
    expect(data.map((seat) => `${seat.section}${seat.row}-${seat.number} ${seat.status}`)).toEqual([
      'A1-1 free',
      'A1-2 free',
      ...['B1-1', 'B1-2', 'B2-1', 'B2-2'].map((seat) => `${seat} blocked`),
    ]);
    expect((await list(id, 'B')).data).toHaveLength(4);
    expect((await list(id, 'no such section')).data).toEqual([]);
  });

  it('with the strangest names are JSON all the same', async () => {
    const id = await hall({
      name: 'Größe "1" \\',
      ticketType: 'Stalls',
      rows: [
        { name: '座', seats: 2 },
        { name: '"', seats: 1 },
      ],
    });
    const [, , last] = await seatsOf(id);
    await change(id, [last!.id]);
    expect((await list(id)).data).toMatchObject([
      { section: 'Größe "1" \\', row: '座', number: '1', status: 'free' },
      { section: 'Größe "1" \\', row: '座', number: '2', status: 'free' },
      { section: 'Größe "1" \\', row: '"', number: '1', status: 'blocked' },
    ]);
  });

  it('whose state stood in their rows keep it when it moves into bitmaps', async () => {
    const eventId = newId(0);
    const [held, booked, owner] = [newId(0), newId(0), newId(0)];
    const file = 'prisma/shard/migrations/20261127000200_seat_state/migration.sql';
    const client = await app.get(Shards).ofSlot(0).primary.sql.connect();
    try {
      await client.query('BEGIN');
      await client.query('CREATE SCHEMA before; SET LOCAL search_path = before, public');
      await client.query(`
        CREATE TABLE inventory (event_id uuid);
        CREATE TABLE sections (event_id uuid, position integer, PRIMARY KEY (event_id, position));
        CREATE TABLE seats (id uuid, event_id uuid, section integer, row_position integer, seat_position integer, status text,
          owner_id uuid)`);
      await client.query('INSERT INTO sections VALUES ($1, 3)', [eventId]);
      await client.query(
        `INSERT INTO seats SELECT gen_random_uuid(), $1, 3, n / 6, n % 6, CASE WHEN n IN (1, 10) THEN 'blocked' ELSE 'free' END
         FROM generate_series(0, 11) AS n WHERE n NOT IN (0, 9)`,
        [eventId],
      );
      await client.query(
        `INSERT INTO seats VALUES ($1, $2, 3, 0, 0, 'held', $4), ($3, $2, 3, 1, 3, 'booked', $4)`,
        [held, eventId, booked, owner],
      );
      await client.query(readFileSync(file, 'utf8'));
      const state = await client.query(
        `SELECT section, version, encode(held, 'hex') AS held, encode(booked, 'hex') AS booked, encode(blocked, 'hex') AS blocked
         FROM section_seats WHERE event_id = $1`,
        [eventId],
      );
      expect(state.rows).toEqual([{ section: 3, version: 1, held: '0100', booked: '0002', blocked: '0204' }]);
      const claims = await client.query('SELECT seat_id, owner_id FROM seat_claims ORDER BY seat_id');
      expect(claims.rows).toEqual([held, booked].sort().map((seat) => ({ seat_id: seat, owner_id: owner })));
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});
