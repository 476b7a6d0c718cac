import { Test, type TestingModule } from '@nestjs/testing';
import fc from 'fast-check';
import { ConfigModule } from '#libs/config';
import type { AvailabilityFacts, DomainEvent, EventFacts } from '#libs/contracts';
import { newId, newMasterId } from '#libs/kernel';
import { Master, ShardingModule } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../../../test/support/databases.js';
import { CatalogModule } from './catalog.module.js';
import { DirectoryService } from './directory.service.js';
import { foldName, searchQuery } from './domain/search.js';
import { tidyDirectory } from './persistence/directory-entries.repository.js';
import type { DirectoryFilter } from './persistence/directory.repository.js';
import { DirectoryStockWriter, DirectoryWriter } from './worker/directory.projection.js';

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const everything: DirectoryFilter = {
  organizationId: null,
  status: null,
  query: null,
  category: null,
  city: null,
  country: null,
  from: null,
  to: null,
  minPrice: null,
  maxPrice: null,
  availableOnly: false,
  sort: 'startsAt',
};

describe.each([15, 18] as const)('the directory on PostgreSQL %i', (postgres) => {
  let databases: TestDatabases;
  let app: TestingModule;
  let master: Master;

  beforeAll(async () => {
    databases = await createDatabases({ postgres });
    const imports = [ConfigModule.for(databases.config), ShardingModule, CatalogModule];
    app = await (await Test.createTestingModule({ imports }).compile()).init();
    master = app.get(Master);
  });
  afterAll(async () => {
    await app?.close();
    await databases?.drop();
  });
  beforeEach(async () => {
    await master.primary.sql.query('TRUNCATE directory, directory_stock');
  });

  const factsOf = (changes: Partial<EventFacts> & { city?: string; prices?: number[] } = {}): EventFacts => {
    const { city = 'Berlin', prices = [4500], ...facts } = changes;
    return {
      eventId: newId(7),
      organizationId: newMasterId(),
      shardId: 1,
      status: 'published',
      title: 'Mahler 5',
      description: '',
      category: 'concert',
      venue: { name: 'Philharmonie', city, country: 'DE', timezone: 'Europe/Berlin' },
      startsAt: inDays(10),
      endsAt: inDays(11),
      salesStartAt: null,
      salesEndAt: null,
      currency: 'EUR',
      createdAt: inDays(0),
      updatedAt: inDays(0),
      ticketTypes: prices.map((amount, i) => ({
        id: newId(7),
        name: `${i}`,
        kind: 'general' as const,
        price: { amount, currency: 'EUR' },
      })),
      ...facts,
    };
  };
  const news = <T extends DomainEvent['type']>(
    type: T,
    subject: string,
    subjectVersion: number,
    payload: unknown,
  ) => ({ id: newId(7), type, subject, subjectVersion, payload, trace: null }) as DomainEvent<T>;
  const apply = (...events: DomainEvent<'event.changed' | 'event.deleted'>[]) =>
    master.transaction((tx) => new DirectoryWriter().apply(tx, events));
  const changed = (facts: EventFacts, version = 1) => news('event.changed', facts.eventId, version, facts);
  const deleted = (eventId: string, version: number) => news('event.deleted', eventId, version, { eventId });
  const stock = (eventId: string, version: number, available: number) => {
    const type = { id: newId(7), capacity: 10, available, held: 0, booked: 10 - available };
    const facts: AvailabilityFacts = { eventId, ticketTypes: [type] };
    return master.transaction((tx) =>
      new DirectoryStockWriter().apply(tx, [news('availability.changed', eventId, version, facts)]),
    );
  };
  const add = async (...changes: Parameters<typeof factsOf>[0][]) => {
    const all = changes.map(factsOf);
    await apply(...all.map((facts) => changed(facts)));
    return all.map((facts) => facts.eventId);
  };
  const list = async (filter: Partial<DirectoryFilter> = {}, limit = 100, cursor?: string) =>
    app.get(DirectoryService).listEvents({ ...everything, ...filter }, limit, cursor);
  const titles = async (filter: Partial<DirectoryFilter> = {}) =>
    (await list(filter)).data.map((row) => row.facts.title);
  const search = (text: string, sort: DirectoryFilter['sort'] = 'startsAt') =>
    titles({ query: searchQuery(text), sort });

  it('shows the newest news of an event, in whatever order they come', async () => {
    const facts = factsOf();
    await apply(changed({ ...facts, title: 'Third' }, 3));
    await apply(changed({ ...facts, title: 'Second' }, 2));
    expect(await titles()).toEqual(['Third']);
    await stock(facts.eventId, 9, 4);
    await stock(facts.eventId, 8, 5);
    expect((await list()).data[0]!.counters).toMatchObject([{ available: 4 }]);
  });

  it('forgets a deleted draft, also when older news comes late', async () => {
    const organizationId = newMasterId();
    const facts = factsOf({ status: 'draft', organizationId });
    await apply(changed(facts, 1));
    expect(await titles({ organizationId })).toEqual(['Mahler 5']);
    await apply(deleted(facts.eventId, 2));
    await apply(changed(facts, 1));
    expect(await titles({ organizationId })).toEqual([]);
    const unheard = factsOf({ status: 'draft', organizationId });
    await apply(deleted(unheard.eventId, 2));
    await apply(changed(unheard, 1));
    expect(await titles({ organizationId })).toEqual([]);
  });

  it('shows the public what is published and not over', async () => {
    await add(
      { title: 'on sale' },
      { title: 'draft', status: 'draft' },
      { title: 'canceled', status: 'canceled' },
      { title: 'over', startsAt: inDays(-2), endsAt: inDays(-1) },
      { title: 'under way', startsAt: inDays(-1), endsAt: inDays(1) },
      { title: 'over at the start', startsAt: inDays(-1), endsAt: null },
    );
    expect(await titles()).toEqual(['under way', 'on sale']);
  });

  it('shows an organization its own in every state, or in one', async () => {
    const organizationId = newMasterId();
    await add(
      { title: 'of another' },
      { title: 'draft', status: 'draft', organizationId, startsAt: inDays(1) },
      { title: 'published', organizationId, startsAt: inDays(2) },
      { title: 'canceled', status: 'canceled', organizationId, startsAt: inDays(3) },
      { title: 'ended', organizationId, startsAt: inDays(-2), endsAt: inDays(-1) },
    );
    expect(await titles({ organizationId })).toEqual(['ended', 'draft', 'published', 'canceled']);
    for (const status of ['draft', 'published', 'canceled', 'ended'] as const) {
      expect(await titles({ organizationId, status })).toEqual([status]);
      expect((await list({ organizationId, status })).data[0]!.status).toBe(status);
    }
  });

  it('finds words and their beginnings in title, venue, city and description', async () => {
    await add(
      { title: 'Élodie à l’Étoile', startsAt: inDays(1) },
      { title: 'Чайка', startsAt: inDays(2) },
      { title: 'Nothing', description: 'With songs by Dvořák', city: 'München', startsAt: inDays(3) },
    );
    expect(await search('elodie')).toEqual(['Élodie à l’Étoile']);
    expect(await search('ÉTOI')).toEqual(['Élodie à l’Étoile']);
    expect(await search('чайка')).toEqual(['Чайка']);
    expect(await search('chayk')).toEqual(['Чайка']);
    expect(await search('dvorak munch')).toEqual(['Nothing']);
    expect(await search('philharmonie')).toHaveLength(3);
    expect(await search('dvorak elodie')).toEqual([]);
  });

  it('ranks the title before the place and the place before the description', async () => {
    await add(
      { title: 'C', description: 'About Hamburg and its harbour', startsAt: inDays(1) },
      { title: 'B', city: 'Hamburg', startsAt: inDays(2) },
      { title: 'Hamburg by night', startsAt: inDays(3) },
      { title: 'B later', city: 'Hamburg', startsAt: inDays(4) },
    );
    expect(await search('hamburg', 'relevance')).toEqual(['Hamburg by night', 'B', 'B later', 'C']);
  });

  it('filters by category, city, country, time and price, each with its ends', async () => {
    await add(
      {
        title: 'first',
        category: 'Concert',
        city: 'São Paulo',
        startsAt: '2099-01-01T10:00:00.000Z',
        endsAt: null,
        prices: [1000, 3000],
      },
      {
        title: 'second',
        category: 'theatre',
        city: 'Rome',
        startsAt: '2099-01-02T10:00:00.000Z',
        endsAt: null,
        prices: [5000],
      },
    );
    expect(await titles({ category: foldName('CONCERT') })).toEqual(['first']);
    expect(await titles({ city: foldName('sao  paulo') })).toEqual(['first']);
    expect(await titles({ country: 'FR' })).toEqual([]);
    expect(await titles({ from: new Date('2099-01-02T10:00:00Z') })).toEqual(['second']);
    expect(await titles({ from: new Date('2099-01-02T10:00:00.001Z') })).toEqual([]);
    expect(await titles({ to: new Date('2099-01-01T10:00:00Z') })).toEqual(['first']);
    expect(await titles({ to: new Date('2099-01-01T09:59:59.999Z') })).toEqual([]);
    expect(await titles({ minPrice: 3000 })).toEqual(['first', 'second']);
    expect(await titles({ minPrice: 3001 })).toEqual(['second']);
    expect(await titles({ maxPrice: 1000 })).toEqual(['first']);
    expect(await titles({ maxPrice: 999 })).toEqual([]);
  });

  it('leaves out what is sold out or no longer sold, if asked to', async () => {
    const [left, none, closed] = (await add(
      { title: 'places left' },
      { title: 'sold out' },
      { title: 'sales over', salesEndAt: inDays(-1) },
      { title: 'not announced yet' },
    )) as [string, string, string];
    await stock(left, 1, 1);
    await stock(none, 1, 0);
    await stock(closed, 1, 5);
    expect(await titles({ availableOnly: true })).toEqual(['places left']);
  });

  it.each(['startsAt', '-startsAt', 'relevance'] as const)(
    'gives every event once, page by page, by %s, also when others come in between',
    async (sort) => {
      // Few starts and two ranks, so that ties are common.
      const many = Array.from({ length: 45 }, (_, i) => ({
        title: i % 3 ? 'other' : 'mahler',
        description: 'mahler',
        startsAt: `2099-01-0${1 + (i % 4)}T10:00:00.000Z`,
        endsAt: null,
      }));
      const filter = { sort, query: 'mahler:*' };
      await add(...many);
      const whole = (await list(filter)).data.map((row) => row.facts.eventId);
      expect(new Set(whole).size).toBe(45);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 50 }), async (limit) => {
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await list(filter, limit, cursor);
            seen.push(...page.data.map((row) => row.facts.eventId));
            cursor = page.nextCursor ?? undefined;
            // Before the first of every order, so that later pages must not shift.
            if (cursor)
              await add({
                title: 'mahler mahler',
                startsAt: sort === '-startsAt' ? '2099-12-31T00:00:00.000Z' : '2098-01-01T00:00:00.000Z',
                endsAt: null,
              });
          } while (cursor);
          expect(seen.filter((id) => whole.includes(id))).toEqual(whole);
          expect(new Set(seen).size).toBe(seen.length);
          await master.primary.sql.query('DELETE FROM directory WHERE event_id <> ALL($1::uuid[])', [whole]);
        }),
        { numRuns: 8 },
      );
    },
  );

  it('refuses a cursor that it did not give in this order', async () => {
    await add({}, {});
    const { nextCursor } = await list({}, 1);
    const invalid = expect.objectContaining({ code: 'invalid_cursor' });
    await expect(list({ sort: '-startsAt' }, 1, nextCursor!)).rejects.toEqual(invalid);
    const forged = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    await expect(list({}, 1, forged('events:startsAt', 'no time', newId(7)))).rejects.toEqual(invalid);
    await expect(list({}, 1, forged('events:startsAt', inDays(1), 'no id'))).rejects.toEqual(invalid);
    await expect(
      list({ sort: 'relevance' }, 1, forged('events:relevance', 'x', inDays(1), newId(7))),
    ).rejects.toEqual(invalid);
  });

  it('keeps what is over out of the indexes, and brings it back when its end is moved', async () => {
    const facts = factsOf({ startsAt: inDays(-2), endsAt: inDays(1) });
    await apply(changed(facts, 1));
    await master.primary.sql.query(`UPDATE directory SET over_at = now() - interval '1 s'`);
    await master.transaction(tidyDirectory);
    const { rows } = await master.primary.sql.query('SELECT ended FROM directory');
    expect(rows).toEqual([{ ended: true }]);
    await apply(changed({ ...facts, endsAt: inDays(2) }, 2));
    expect(await titles()).toEqual(['Mahler 5']);
  });

  it('forgets deletions after a week', async () => {
    const [old, young] = [newId(7), newId(7)];
    await apply(deleted(old, 2), deleted(young, 2));
    await stock(old, 1, 1);
    await master.primary.sql.query(
      `UPDATE directory SET updated_at = now() - interval '8 days' WHERE event_id = $1`,
      [old],
    );
    await master.transaction(tidyDirectory);
    const { rows } = await master.primary.sql.query('SELECT event_id FROM directory');
    expect(rows).toEqual([{ event_id: young }]);
    expect((await master.primary.sql.query('SELECT FROM directory_stock')).rowCount).toBe(0);
  });
});
