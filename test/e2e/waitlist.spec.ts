import { InventoryService } from '#libs/inventory';
import { formatId } from '#libs/kernel';
import { openHall } from '../support/hall.js';
import { eventually } from '../support/relay.js';
import { countSold } from '../support/sale.js';
import { type Client, type WaitingWorld, openWaitingWorld } from './waitlist.client.js';

let world: WaitingWorld;
let [owner, ada, bob, cem]: Client[] = [];
let organizer: Awaited<ReturnType<WaitingWorld['organizer']>>;

beforeAll(async () => {
  world = await openWaitingWorld();
  organizer = await world.organizer('org');
  [owner, ada, bob, cem] = await Promise.all(['owner', 'ada', 'bob', 'cem'].map(world.person));
});
afterAll(() => world?.close());

/** A sold-out sale, and the bookings that sold it out. */
async function soldOut(quantities: number[], options: object = {}) {
  const capacity = quantities.reduce((a, b) => a + b, 0);
  const sale = await organizer.open({ types: [{ capacity, price: 4500, ...options }] });
  const bookings = [];
  for (const quantity of quantities) bookings.push(await owner!.book(sale, quantity));
  return { sale, bookings };
}

describe('an entry', () => {
  it('waits at its position, is offered what comes free, and becomes a booking at the locked price', async () => {
    const { sale, bookings } = await soldOut([2, 1]);
    const joined = await ada!.join(sale, 2);
    expect(joined.status).toBe(201);
    expect(joined.body).toEqual({
      id: expect.stringMatching(/^wle_/),
      eventId: formatId('event', sale.eventId),
      ticketTypeId: formatId('ticketType', sale.typeIds[0]!),
      quantity: 2,
      priority: 0,
      status: 'waiting',
      version: 1,
      position: 1,
      waitingFor: { reason: 'nobody_canceled' },
      joinedAt: expect.stringMatching(/Z$/),
      estimate: null,
      offer: null,
    });
    const second = await bob!.join(sale, 1);
    expect(second.body).toMatchObject({
      status: 'waiting',
      position: 2,
      waitingFor: { reason: 'ahead_of_you', ahead: 1 },
    });
    const { estimate, ...entry } = (await ada!.entry(joined)).body;
    expect({ ...entry, estimate: null }).toEqual(joined.body);
    // Of three places in a day hardly two come free: too unlikely to say when.
    expect(estimate).toEqual({ chance: expect.any(Number), waitSeconds: null });
    expect(estimate.chance).toBeGreaterThan(0);
    expect(estimate.chance).toBeLessThan(0.01);
    await owner!.cancel(bookings[0]!);
    const offered = await ada!.entry(joined);
    expect(offered.body).toMatchObject({
      status: 'offered',
      version: 2,
      position: null,
      waitingFor: null,
      offer: { holdId: expect.stringMatching(/^hld_/), total: { amount: 9000, currency: 'EUR' } },
    });
    const life = Date.parse(offered.body.offer.expiresAt) - Date.now();
    expect(life).toBeGreaterThan(600_000);
    expect(life).toBeLessThanOrEqual(900_000);
    expect((await bob!.entry(second)).body).toMatchObject({ status: 'waiting', position: 1 });
    await world.shards
      .ofId(sale.eventId)
      .primary.sql.query('UPDATE ticket_types SET price_amount = 9999 WHERE event_id = $1', [sale.eventId]);
    const booked = await ada!.accept(joined);
    expect(booked.status).toBe(201);
    expect(booked.body).toMatchObject({ status: 'confirmed', total: { amount: 9000, currency: 'EUR' } });
    expect(booked.body.admissions).toHaveLength(2);
    expect((await ada!.entry(joined)).body).toMatchObject({
      status: 'accepted',
      version: 3,
      position: null,
      offer: null,
    });
    const again = await ada!.accept(joined);
    expect([again.status, again.body.code]).toEqual([409, 'no_offer']);
    expect(await countSold(world.shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 3 });
  });

  it('is refused where it makes no sense, in the order of the contract', async () => {
    const { sale } = await soldOut([2], { maxPerBooking: 4, maxPerPerson: 4 });
    const codeOf = async (reply: Promise<{ status: number; body: { code: string } }>) => {
      const { status, body } = await reply;
      return [status, body.code];
    };
    for (const quantity of [0, -1, 1.5, 5, 2 ** 60]) {
      expect(await codeOf(ada!.join(sale, quantity))).toEqual([422, 'quantity_out_of_range']);
    }
    expect(await codeOf(ada!.join(sale, 'two'))).toEqual([422, 'validation_failed']);
    const other = { ...sale, typeIds: [sale.eventId] };
    expect(await codeOf(ada!.join(other))).toEqual([422, 'validation_failed']);
    expect(await codeOf(owner!.join(sale, 3))).toEqual([409, 'person_limit_reached']);
    expect((await ada!.join(sale)).status).toBe(201);
    expect(await codeOf(ada!.join(sale, 2))).toEqual([409, 'already_waiting']);
    const free = await organizer.open({ types: [{ capacity: 2 }] });
    expect(await codeOf(ada!.join(free, 2))).toEqual([409, 'tickets_available']);
    expect((await ada!.join(free, 3)).status).toBe(201);
    for (const [options, code] of [
      [{ status: 'canceled' }, 'event_not_bookable'],
      [{ salesStartIn: 1 }, 'sales_closed'],
      [{ salesEndIn: -1 }, 'sales_closed'],
    ] as const) {
      expect(await codeOf(ada!.join(await organizer.open(options)))).toEqual([409, code]);
    }
    expect(await codeOf(bob!.call('GET', `/v1/waitlist/${formatId('waitlistEntry', sale.eventId)}`))).toEqual(
      [404, 'not_found'],
    );
  });

  it('that leaves and joins again stands behind the others', async () => {
    const { sale } = await soldOut([1]);
    const [first, second] = [await ada!.join(sale), await bob!.join(sale)];
    expect(second.body.position).toBe(2);
    expect((await ada!.leave(first)).status).toBe(204);
    expect((await ada!.leave(first)).status).toBe(204);
    expect((await bob!.entry(second)).body.position).toBe(1);
    const again = await ada!.join(sale);
    expect(again.body).toMatchObject({ position: 2 });
    expect((await ada!.entry(first)).body).toMatchObject({ status: 'left', position: null });
    expect((await bob!.leave(again)).status).toBe(404);
  });

  it('answers a retry with the same key as it answered before', async () => {
    const { sale, bookings } = await soldOut([1]);
    const joined = await ada!.join(sale, 1, { 'idempotency-key': 'join' });
    await bob!.join(sale);
    const replay = await ada!.join(sale, 1, { 'idempotency-key': 'join' });
    expect([replay.status, replay.headers['idempotency-replayed']]).toEqual([201, 'true']);
    expect(replay.body).toEqual(joined.body);
    await owner!.cancel(bookings[0]!);
    const accepts = await Promise.all(
      [1, 2, 3].map(() => ada!.accept(joined, { 'idempotency-key': 'accept' })),
    );
    expect(accepts.map((reply) => reply.status)).toEqual([201, 201, 201]);
    expect(new Set(accepts.map((reply) => JSON.stringify(reply.body))).size).toBe(1);
  });

  it('that is declined or over passes its offer on, and can have none again', async () => {
    const { sale, bookings } = await soldOut([1]);
    const entries = [await ada!.join(sale), await bob!.join(sale), await cem!.join(sale)];
    const early = await ada!.decline(entries[0]!);
    expect([early.status, early.body.code]).toEqual([409, 'no_offer']);
    await owner!.cancel(bookings[0]!);
    const declined = await ada!.decline(entries[0]!);
    expect(declined.status).toBe(200);
    expect(declined.body).toMatchObject({ id: entries[0]!.body.id, status: 'declined', offer: null });
    await world.lapse(entries[1]!);
    // No timer runs here, and yet it is over.
    expect((await bob!.entry(entries[1]!)).body).toMatchObject({ status: 'expired', offer: null });
    const late = await bob!.accept(entries[1]!);
    expect([late.status, late.body.code]).toEqual([409, 'offer_expired']);
    expect((await cem!.entry(entries[2]!)).body.status).toBe('offered');
    expect((await cem!.leave(entries[2]!)).status).toBe(204);
    expect((await owner!.book(sale, 1)).status).toBe(201);
    await countSold(world.shards, sale.eventId);
  });

  it('is either accepted or declined or over, whatever happens at once', async () => {
    for (let round = 0; round < 6; round++) {
      const { sale, bookings } = await soldOut([1]);
      const [joined, next] = [await ada!.join(sale), await bob!.join(sale)];
      await owner!.cancel(bookings[0]!);
      const [accepts, declined] = await Promise.all([
        Promise.all([ada!.accept(joined), ada!.accept(joined)]),
        round % 2 ? ada!.decline(joined) : world.lapse(joined).then(() => null),
      ]);
      const won = accepts.filter((reply) => reply.status === 201).length;
      const { status } = (await ada!.entry(joined)).body;
      if (won) expect([won, status]).toEqual([1, 'accepted']);
      else expect(status).toBe(declined ? 'declined' : 'expired');
      // Whoever releases what has lapsed: the next request does.
      await owner!.book(sale, 1);
      expect((await bob!.entry(next)).body.status).toBe(won ? 'waiting' : 'offered');
      expect(await countSold(world.shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: won });
    }
  });
});

describe("an organizer's list", () => {
  it('is in the order of serving, page by page, and follows priorities', async () => {
    const { sale, bookings } = await soldOut([1]);
    const entries = [await ada!.join(sale), await bob!.join(sale, 2), await cem!.join(sale)];
    const url = `/v1/events/${formatId('event', sale.eventId)}/waitlist`;
    const first = await organizer.client.call('GET', `${url}?limit=2`);
    const line = (reply: typeof first) =>
      reply.body.data.map((e: { id: string; position: number }) => [e.id, e.position]);
    expect(line(first)).toEqual([
      [entries[0]!.body.id, 1],
      [entries[1]!.body.id, 2],
    ]);
    expect(first.body.data[0].userId).toMatch(/^usr_/);
    const rest = await organizer.client.call('GET', `${url}?limit=2&cursor=${first.body.nextCursor}`);
    expect(line(rest)).toEqual([[entries[2]!.body.id, 3]]);
    expect(rest.body.nextCursor).toBeNull();
    const broken = await organizer.client.call('GET', `${url}?cursor=abc`);
    expect([broken.status, broken.body.code]).toEqual([422, 'invalid_cursor']);

    const prioritize = (priority: number, client = organizer.client) =>
      client.call('PATCH', `/v1/waitlist/${entries[2]!.body.id}`, { priority });
    expect((await prioritize(101)).status).toBe(422);
    expect((await prioritize(5, ada)).status).toBe(403);
    const moved = await prioritize(5);
    expect(moved.body).toMatchObject({ priority: 5, position: 1, version: 2 });
    expect((await bob!.entry(entries[1]!)).body.position).toBe(3);
    expect(line(await organizer.client.call('GET', url)).map(([id]: string[]) => id)).toEqual(
      [2, 0, 1].map((i) => entries[i]!.body.id),
    );
    await owner!.cancel(bookings[0]!);
    expect((await cem!.entry(entries[2]!)).body.status).toBe('offered');
    const offered = await organizer.client.call('GET', `${url}?status=offered`);
    expect(offered.body.data).toMatchObject([{ id: entries[2]!.body.id, position: null }]);
    const late = await prioritize(7);
    expect([late.status, late.body.code]).toEqual([409, 'invalid_state']);
  });
});

describe('an organizer', () => {
  const listOf = (sale: Awaited<ReturnType<typeof soldOut>>['sale']) =>
    `/v1/events/${formatId('event', sale.eventId)}/waitlist`;

  it('pauses the list, offers by hand, goes on, and sees what became of it', async () => {
    const { sale, bookings } = await soldOut([1, 1, 1]);
    const { client } = organizer;
    const entries = [await ada!.join(sale), await bob!.join(sale), await cem!.join(sale)];
    const first = await client.call('GET', `${listOf(sale)}/settings`);
    expect(first.body).toEqual({
      ...{ eventId: formatId('event', sale.eventId), version: 1, paused: false, closed: false },
      ...{ cutOffMinutes: null, endsAt: expect.stringMatching(/Z$/) },
    });
    expect(first.headers.etag).toMatch(/^"1-/);
    const paused = await client.call('PATCH', `${listOf(sale)}/settings`, { paused: true });
    expect(paused.body).toEqual({ ...first.body, version: 2, paused: true });
    await owner!.cancel(bookings[0]!);
    await owner!.cancel(bookings[1]!);
    expect((await ada!.entry(entries[0]!)).body).toMatchObject({
      ...{ status: 'waiting', waitingFor: { reason: 'paused' } },
    });
    expect((await owner!.book(sale, 1)).body.code).toBe('waitlist_first');
    const url = `/v1/waitlist/${entries[2]!.body.id}/offer`;
    const offered = await client.call('POST', url, undefined, { 'idempotency-key': 'offer' });
    expect(offered.status).toBe(200);
    expect(offered.body).toMatchObject({ status: 'offered', offer: { total: { amount: 4500 } } });
    const again = await client.call('POST', url, undefined, { 'idempotency-key': 'offer' });
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([offered.body, 'true']);
    expect((await cem!.accept(entries[2]!)).status).toBe(201);
    await client.call('PATCH', `${listOf(sale)}/settings`, { paused: false });
    // The next request of the event goes on with it, if the lane has not.
    await owner!.book(sale, 1);
    expect((await ada!.entry(entries[0]!)).body.status).toBe('offered');
    expect((await bob!.entry(entries[1]!)).body.waitingFor).toEqual({ reason: 'nobody_canceled' });
    await ada!.decline(entries[0]!);
    await world.lapse(entries[1]!);
    const counts = {
      ...{ joined: 3, waiting: 0, offered: 3, open: 0, accepted: 1, declined: 1, expired: 1, left: 0 },
      ...{ offerRate: 1, acceptanceRate: 1 / 3, conversion: 1 / 3, medianSecondsToOffer: expect.any(Number) },
    };
    const statistics = await client.call('GET', `${listOf(sale)}/statistics`);
    expect(statistics.body).toEqual({
      eventId: formatId('event', sale.eventId),
      total: counts,
      data: [{ ticketTypeId: formatId('ticketType', sale.typeIds[0]!), ...counts }],
    });
    expect(statistics.body.total.medianSecondsToOffer).toBeGreaterThan(0);
    const none = await client.call('GET', `${listOf(await organizer.open())}/statistics`);
    expect(none.body).toMatchObject({
      ...{ data: [], total: { joined: 0, conversion: null, medianSecondsToOffer: null } },
    });
  });

  it('closes the list, and cuts it off before the start', async () => {
    const { sale } = await soldOut([1]);
    const joined = await ada!.join(sale);
    const settle = (body: object) => organizer.client.call('PATCH', `${listOf(sale)}/settings`, body);
    await settle({ closed: true });
    const closed = await bob!.join(sale);
    expect([closed.status, closed.body.code]).toEqual([409, 'waitlist_closed']);
    expect((await bob!.entry(joined)).status).toBe(404);
    const cut = await settle({ closed: false, cutOffMinutes: 48 * 60 });
    expect(cut.body).toMatchObject({ closed: false, cutOffMinutes: 2880, version: 3 });
    expect(Date.parse(cut.body.endsAt)).toBeLessThan(Date.now());
    expect((await ada!.entry(joined)).body.waitingFor).toEqual({ reason: 'waitlist_over' });
    expect((await bob!.join(sale)).body.code).toBe('waitlist_closed');
    for (const bad of [
      { paused: 1 },
      { paused: null },
      { cutOffMinutes: -1 },
      { cutOffMinutes: 1.5 },
      { x: 1 },
    ]) {
      expect((await settle(bad)).status).toBe(422);
    }
    expect((await settle({ cutOffMinutes: null })).body).toMatchObject({ cutOffMinutes: null, version: 4 });
  });
});

describe('the queue', () => {
  it('serves a family among singles within the bound: three passes, and then as many places as it needs', async () => {
    const { sale, bookings } = await soldOut(Array.from({ length: 7 }, () => 1));
    const family = await ada!.join(sale, 4);
    const singles = [bob!, cem!];
    const reasonOf = async () => (await ada!.entry(family)).body.waitingFor;
    let freed = 0;
    const free = () => owner!.cancel(bookings[freed++]!);
    // Two singles come first to what is free, then somebody who did not wait at all.
    for (const single of singles) {
      const joined = await single.join(sale);
      await free();
      expect((await single.accept(joined)).status).toBe(201);
    }
    expect(await reasonOf()).toEqual({ reason: 'nobody_canceled' });
    await free();
    expect(await reasonOf()).toEqual({ reason: 'larger_than_free', free: 1, passes: 3 });
    expect((await owner!.book(sale, 1)).status).toBe(201);
    // From now on what comes free is kept for the family.
    for (const gathered of [1, 2, 3]) {
      await free();
      expect(await reasonOf()).toEqual({ reason: 'gathering', gathered });
      expect((await owner!.book(sale, 1)).body.code).toBe('waitlist_first');
    }
    await free();
    expect((await ada!.entry(family)).body).toMatchObject({ status: 'offered', waitingFor: null });
    expect((await ada!.accept(family)).status).toBe(201);
    await countSold(world.shards, sale.eventId);
  });

  it('gives no freed place to somebody who passes by, however many ask at the same time', async () => {
    const { sale, bookings } = await soldOut([1, 1, 1]);
    const entries = [await ada!.join(sale), await bob!.join(sale), await cem!.join(sale)];
    const passersBy: Promise<{ status: number; body: { code?: string } }>[] = [];
    const burst = () => {
      for (let i = 0; i < 5; i++) passersBy.push(owner!.book(sale, 1));
    };
    await Promise.all(bookings.map((booking) => [burst(), owner!.cancel(booking), burst()][1]));
    const replies = await Promise.all(passersBy);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([409]));
    for (const { body } of replies) expect(['sold_out', 'waitlist_first']).toContain(body.code);
    const served = [
      await ada!.accept(entries[0]!),
      await bob!.accept(entries[1]!),
      await cem!.accept(entries[2]!),
    ];
    expect(served.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await countSold(world.shards, sale.eventId)).toEqual({ [sale.typeIds[0]!]: 3 });
  });

  it('offers seats side by side where there are such', async () => {
    const { organizationId } = await organizer.open();
    const hall = await openHall(world.shards, { organizationId, sections: [{ name: 'A', rows: [4] }] });
    const book = (...names: string[]) =>
      owner!.call('POST', '/v1/bookings', {
        eventId: formatId('event', hall.eventId),
        items: [
          {
            ticketTypeId: formatId('ticketType', hall.typeIds[0]!),
            seatIds: names.map((name) => formatId('seat', hall.seat(name))),
          },
        ],
      });
    const [single, pair] = [await book('A1-1'), await book('A1-3', 'A1-4')];
    expect((await book('A1-2')).status).toBe(201);
    const joined = await ada!.join(hall, 2);
    await owner!.cancel(single);
    await owner!.cancel(pair);
    // The seats' plan comes with the lane's next step.
    await eventually(
      () => ada!.entry(joined),
      ({ body }) => body.status === 'offered',
    );
    const { body } = await ada!.accept(joined);
    const numbers = body.items[0].seats.map((seat: { number: string }) => seat.number);
    expect(numbers.toSorted()).toEqual(['3', '4']);
    await countSold(world.shards, hall.eventId);
  });

  it('is over with the event: who waits, or has an offer, has left', async () => {
    const { sale, bookings } = await soldOut([1, 1]);
    const entries = [await ada!.join(sale), await bob!.join(sale)];
    await owner!.cancel(bookings[0]!);
    const url = `/v1/events/${formatId('event', sale.eventId)}/cancel`;
    expect((await organizer.client.call('POST', url)).status).toBe(200);
    const late = await ada!.accept(entries[0]!);
    expect([late.status, late.body.code]).toEqual([409, 'event_not_bookable']);
    // As the worker does, whose news this is.
    await world.app.get(InventoryService).cancelSome(sale.eventId, 100);
    expect((await ada!.entry(entries[0]!)).body).toMatchObject({ status: 'left', offer: null });
    expect((await bob!.entry(entries[1]!)).body).toMatchObject({ status: 'left', waitingFor: null });
    expect((await cem!.join(sale)).body.code).toBe('event_not_bookable');
  });
});
