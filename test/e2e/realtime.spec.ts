import { formatId, newId, parseId, slotOfId } from '#libs/kernel';
import { openDatabases } from '../support/open.js';
import { appendOn } from '../support/relay.js';
import { type Frame, LiveClient, gapsIn } from '../support/live.client.js';
import { HALL, LiveStage } from '../support/live.stage.js';

// Two API processes and two relays: whoever publishes, whoever listens, a topic has one sequence.
let stage: LiveStage;

beforeAll(async () => {
  stage = await LiveStage.open({ apis: 2, workers: 2 });
}, 240_000);
afterAll(() => stage?.close());

const follow = async (topic: string, api = 0, query = '') => {
  const client = await LiveClient.open(stage.urls[api]!, query);
  const seq = (await client.subscribe([topic]))[topic]!;
  return { client, seq };
};

const idsOf = (seats: { id: string }[]) => seats.map(({ id }) => id).sort();

describe('the gateway', () => {
  it('tells a subscriber of any process what is left and which seats are taken', async () => {
    const hall = await stage.publish();
    const buyer = await stage.signUp();
    const seat = hall.seats[12]!;
    const followers = await Promise.all([follow(hall.topic, 0), follow(hall.topic, 1)]);
    await stage.bookSeat(hall, seat.id, buyer.token);
    for (const { client, seq } of followers) {
      const seats = await client.heard('seats.changed');
      expect(seats.data).toMatchObject({ eventId: hall.id, seats: [{ id: seat.id, status: 'booked' }] });
      const { data } = await client.until(
        ({ event, data }) => event === 'availability.changed' && data.ticketTypes[1].booked === 1,
      );
      const now = await stage.call('GET', `/v1/events/${hall.id}/availability`, undefined, buyer.token);
      expect({ ...data, asOf: null }).toEqual({ ...now, asOf: null });
      expect(gapsIn(client.of(hall.topic), seq)).toEqual([]);
      await client.close();
    }
  });

  it('tells a person of their own bookings, and nobody else', async () => {
    const hall = await stage.publish();
    const [ada, bob] = [await stage.signUp(), await stage.signUp()];
    const { client: hers } = await follow('me', 0, `?token=${ada.token}`);
    const { client: hersToo } = await follow('me', 1, `?token=${ada.token}`);
    const { client: his } = await follow('me', 1, `?token=${bob.token}`);
    expect((await hers.heard('authenticated')).data).toEqual({ userId: ada.id });
    const booking = await stage.book(hall, ada.token, 2);
    const confirmed = await hers.heard('booking.confirmed');
    expect(confirmed).toMatchObject({
      topic: 'me',
      data: { id: booking.id, reference: booking.reference, userId: ada.id },
    });
    await stage.call('POST', `/v1/bookings/${booking.id}/cancel`, {}, ada.token);
    const canceled = await hers.heard('booking.canceled');
    expect([canceled.data.id, canceled.seq]).toEqual([booking.id, confirmed.seq! + 1]);
    // By whichever process: the same frames, in the same order.
    await hersToo.heard('booking.canceled');
    expect(hersToo.of('me')).toEqual(hers.of('me'));
    await stage.book(hall, bob.token);
    await his.heard('booking.confirmed');
    expect(his.of('me').map(({ event, data }) => [event, data.userId])).toEqual([
      ['booking.confirmed', bob.id],
    ]);
    await Promise.all([hers, hersToo, his].map((client) => client.close()));
  });

  it('tells of changes to the event and of holds that nobody consumed', async () => {
    const hall = await stage.publish();
    const ada = await stage.signUp();
    const { client } = await follow('me', 1, `?token=${ada.token}`);
    await client.subscribe([hall.topic]);
    const items = [{ ticketTypeId: hall.standing, quantity: 3 }];
    const hold = await stage.call('POST', `/v1/events/${hall.id}/holds`, { items }, ada.token);
    await client.until(
      ({ event, data }) => event === 'availability.changed' && data.ticketTypes[0].held === 3,
    );
    await stage.lapse(hold.id);
    const expired = await client.heard('hold.expired');
    expect(expired).toMatchObject({
      topic: 'me',
      data: { id: hold.id, eventId: hall.id, total: hold.total },
    });
    await client.until(
      ({ event, data }) => event === 'availability.changed' && data.ticketTypes[0].available === 1000,
    );
    const admin = await stage.admin();
    await stage.call('POST', `/v1/events/${hall.id}/cancel`, {}, admin);
    const canceled = ({ event, data }: Frame) => event === 'event.changed' && data.status === 'canceled';
    expect((await client.until(canceled)).data.id).toBe(hall.id);
    await client.close();
  });

  it('tells how many wait, when somebody joins a waitlist and when they leave it', async () => {
    const [standing, stalls] = HALL.ticketTypes;
    const hall = await stage.publish({ ticketTypes: [{ ...standing, capacity: 1 }, stalls] });
    const [ada, bob] = [await stage.signUp(), await stage.signUp()];
    const { client, seq } = await follow(hall.topic, 1);
    await stage.book(hall, ada.token);
    const waiting = (count: number) => {
      return ({ event, data }: Frame) =>
        event === 'availability.changed' &&
        data.ticketTypes[0].booked === 1 &&
        data.ticketTypes[0].waiting === count;
    };
    await client.until(waiting(0));
    const body = { ticketTypeId: hall.standing, quantity: 1 };
    const entry = await stage.call('POST', `/v1/events/${hall.id}/waitlist`, body, bob.token);
    const { data } = await client.until(waiting(1));
    const now = await stage.call('GET', `/v1/events/${hall.id}/availability`);
    expect(now.ticketTypes).toEqual(data.ticketTypes);
    await stage.call('DELETE', `/v1/waitlist/${entry.id}`, undefined, bob.token);
    await client.wait(() => waiting(0)(client.of(hall.topic).at(-1)!));
    expect(gapsIn(client.of(hall.topic), seq)).toEqual([]);
    await client.close();
  });

  it('replays what was missed, by either process, and sends a snapshot in place of what is too old', async () => {
    const hall = await stage.publish();
    const ada = await stage.signUp();
    const { client, seq } = await follow(hall.topic);
    await client.close();
    const booked = hall.seats
      .slice(0, 3)
      .map(({ id }) => id)
      .sort();
    for (const id of booked) await stage.bookSeat(hall, id, ada.token);
    const other = await LiveClient.open(stage.urls[1]!);
    await other.subscribe([hall.topic], { [hall.topic]: seq });
    const changes = () => other.of(hall.topic).filter(({ event }) => event === 'seats.changed');
    const told = () => idsOf(changes().flatMap(({ data }) => data.seats));
    await other.wait(() => told().length === 3);
    expect(told()).toEqual(booked);
    expect(gapsIn(other.of(hall.topic), seq)).toEqual([]);

    const late = await LiveClient.open(stage.urls[0]!);
    await late.subscribe([hall.topic], { [hall.topic]: 5 });
    const snapshot = await late.heard('snapshot');
    expect(snapshot).toMatchObject({
      topic: hall.topic,
      data: { event: { id: hall.id, status: 'published' }, availability: { eventId: hall.id } },
    });
    expect(idsOf(snapshot.data.seats.taken)).toEqual(booked);
    await Promise.all([other.close(), late.close()]);
  });

  it('keeps one sequence without a gap while many buy, some reconnect, and two relays publish', async () => {
    const hall = await stage.publish();
    const buyers = await Promise.all(Array.from({ length: 4 }, () => stage.signUp()));
    const { client, seq } = await follow(hall.topic);
    let going = true;
    const buying = buyers.map(async ({ token }, i) => {
      for (let n = 0; n < 25; n++) await stage.book(hall, token, 1, i % 2);
    });
    const wanderer = wander(hall.topic, seq, () => going);
    await Promise.all(buying);
    going = false;
    const all = await wanderer;
    const last = ({ event, data }: { event: string; data: any }) =>
      event === 'availability.changed' && data.ticketTypes[0].booked === 100;
    await client.until(last);
    expect(gapsIn(client.of(hall.topic), seq)).toEqual([]);
    expect(gapsIn(all, seq)).toEqual([]);
    expect(all.length).toBeGreaterThan(0);
    const versions = client.of(hall.topic).map(({ data }) => data.version as number);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    await client.close();
  });

  /** Connects again and again, to one process and the other, and goes on where it was. */
  async function wander(topic: string, from: number, going: () => boolean) {
    const heard = [];
    let seq = from;
    for (let turn = 0; going(); turn++) {
      const client = await LiveClient.open(stage.urls[turn % 2]!);
      await client.subscribe([topic], { [topic]: seq });
      await client.wait(() => client.of(topic).length > 0 || !going()).catch(() => {});
      await client.close();
      heard.push(...client.of(topic));
      seq = heard.at(-1)?.seq ?? seq;
    }
    return heard;
  }

  it('says what it will not do', async () => {
    const hall = await stage.publish();
    const ada = await stage.signUp();
    const draft = hall.topic.slice(0, -4) + '0000';
    const client = await LiveClient.open(stage.urls[0]!);
    const wle = `waitlist:wle_${ada.id.slice(4)}`;
    client.send('subscribe', { topics: ['me', wle, draft, 'event:nonsense', 'weather', hall.topic] });
    const { data } = await client.heard('subscribed');
    expect(data.topics.map(({ topic }: { topic: string }) => topic)).toEqual([hall.topic]);
    const errors = () =>
      client.frames.filter(({ event }) => event === 'error').map((e) => [e.data.topic, e.data.code]);
    expect(errors()).toEqual([
      ['me', 'unauthenticated'],
      [wle, 'unauthenticated'],
      [draft, 'unknown_event'],
      ['event:nonsense', 'unknown_event'],
      ['weather', 'unknown_topic'],
    ]);
    client.send('authenticate', { token: ada.token });
    await client.heard('authenticated');
    client.send('subscribe', { topics: [wle] });
    await client.until(({ event, data }) => event === 'error' && data.code === 'forbidden');
    client.send('unsubscribe', { topics: [hall.topic] });
    expect((await client.heard('unsubscribed')).data).toEqual({ topics: [hall.topic] });
    client.send('ping');
    await client.heard('pong');
    await client.close();
  });
});

it('tells the owner of a waitlist entry of offers, and lets nobody else follow it', async () => {
  const hall = await stage.publish();
  const [ada, bob] = [await stage.signUp(), await stage.signUp()];
  const [eventId, typeId, userId] = [
    parseId('event', hall.id)!,
    parseId('ticketType', hall.standing)!,
    parseId('user', ada.id)!,
  ];
  const slot = slotOfId(eventId)!;
  const [entryId, holdId] = [newId(slot), newId(slot)];
  const databases = await openDatabases(stage.databases.config);
  try {
    const shard = databases.shards.ofId(eventId);
    await shard.primary.sql.query(
      `INSERT INTO waitlist_entries (id, event_id, ticket_type_id, user_id, quantity, joined, hold_id, joined_at)
       VALUES ($1, $2, $3, $4, 2, 1, $5, now())`,
      [entryId, eventId, typeId, userId, holdId],
    );
    const topic = `waitlist:${formatId('waitlistEntry', entryId)}`;
    const { client } = await follow('me', 0, `?token=${ada.token}`);
    await client.subscribe([topic], { [topic]: 1 });
    expect((await client.heard('snapshot')).data.entry).toMatchObject({
      status: 'waiting',
      position: 1,
      quantity: 2,
    });
    const { client: his } = await follow('me', 1, `?token=${bob.token}`);
    await expect(his.subscribe([topic])).rejects.toThrow('forbidden');
    const offer = { holdId, expiresAt: new Date().toISOString(), total: { amount: 9000, currency: 'EUR' } };
    const facts = {
      entryId,
      eventId,
      userId,
      ticketTypeId: typeId,
      quantity: 2,
      priority: 0,
      joinedAt: offer.expiresAt,
    };
    const payload = { ...facts, status: 'offered' as const, offer };
    await appendOn(shard, [
      {
        id: newId(slot),
        type: 'waitlist.offered',
        subject: entryId,
        subjectVersion: 2,
        payload,
        trace: null,
      },
    ]);
    const { data } = await client.heard('waitlist.offered');
    expect(data).toMatchObject({
      id: topic.slice(9),
      offer: { holdId: formatId('hold', holdId), total: offer.total },
    });
    await Promise.all([client.close(), his.close()]);
  } finally {
    await databases.close();
  }
});
