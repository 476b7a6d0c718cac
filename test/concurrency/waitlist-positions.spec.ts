import { Redis } from 'ioredis';
import { formatId, parseId } from '#libs/kernel';
import { Dice, effort, seedsFor } from '../support/effort.js';
import { LiveClient, gapsIn, positionsIn } from '../support/live.client.js';
import { HALL, type Hall, LiveStage } from '../support/live.stage.js';
import { type OpenDatabases, openDatabases } from '../support/open.js';
import { eventually } from '../support/relay.js';
import { ownRedis } from '../support/servers.js';

// What people are told is where they are served: by two API processes and two workers, whoever keeps the mirror and whoever tells,
// while they join, leave, come again and are moved. Everybody wants one place: who needs more may be passed over.

const SPEC = 'test/concurrency/waitlist-positions.spec.ts';
const ROUNDS = effort(6, 40);
const PEOPLE = effort(12, 24);
/** More than all of them can have on offer. */
const PLACES = 2 * PEOPLE;

let redis: Awaited<ReturnType<typeof ownRedis>>;
let stage: LiveStage;
let databases: OpenDatabases;

beforeAll(async () => {
  redis = await ownRedis();
  // No connection ends before the test does.
  const env = { ACCESS_TOKEN_SECONDS: '86400' };
  stage = await LiveStage.open({ apis: 2, workers: 2, env }, { redisUrl: redis.url() });
  databases = await openDatabases(stage.databases.config);
}, 600_000);
afterAll(async () => {
  await databases?.close();
  await stage?.close();
  await redis?.stop();
});

/** Somebody who waits now and then. */
interface Person {
  token: string;
  client: LiveClient;
  /** The newest entry, and the topic of it that is followed. */
  entryId: string | null;
  topic: string | null;
}

/** An entry as the database has it. */
interface Standing {
  id: string;
  status: string;
  /** From 1 in the order of serving; null when it does not wait. */
  position: number | null;
  /** In which turn of all it was offered a place. */
  turn: number;
}

// In: a ticket type. Out: its entries; the order is made anew of what it is defined by.
const STANDINGS = `
  SELECT id, status, dense_rank() OVER (ORDER BY offered_at)::integer AS turn, CASE WHEN status = 'waiting' THEN
    row_number() OVER (PARTITION BY status ORDER BY priority DESC, joined)::integer END AS position
  FROM waitlist_entries WHERE ticket_type_id = $1`;
const LEFT = 'SELECT available, reserved FROM stock WHERE ticket_type_id = $1';

/** A sold-out event, and people who know of it. */
class Queue {
  private readonly bookings: { id: string; token: string; places: number }[] = [];
  private readonly followed: { client: LiveClient; topic: string; from: number }[] = [];
  served = 0;

  private constructor(
    private readonly dice: Dice,
    private readonly hall: Hall,
    private readonly people: Person[],
    private readonly seller: string,
    private readonly buyer: string,
  ) {}

  static async open(dice: Dice): Promise<Queue> {
    const [standing, stalls] = HALL.ticketTypes;
    const hall = await stage.publish({ ticketTypes: [{ ...standing, capacity: PLACES }, stalls] });
    const people: Person[] = [];
    while (people.length < PEOPLE) {
      const { token } = await stage.signUp();
      const client = await LiveClient.open(stage.urls[people.length % 2]!, `?token=${token}`);
      people.push({ token, client, entryId: null, topic: null });
    }
    return new Queue(dice, hall, people, await stage.admin(), (await stage.signUp()).token);
  }

  /** What is free is bought by a passer-by, in portions. */
  async sellOut(): Promise<void> {
    for (let { available } = await this.left(); available > 0;) {
      const places = Math.min(available, this.dice.roll(1, 3));
      const { id } = await stage.book(this.hall, this.buyer, places, this.process());
      this.bookings.push({ id, token: this.buyer, places });
      available -= places;
    }
  }

  /** Everybody does something that they may do, at the same time. */
  async mix(standings: readonly Standing[]): Promise<void> {
    const statuses = new Map(standings.map(({ id, status }) => [id, status]));
    const doings = this.people.map((person) => {
      const entry = person.entryId && parseId('waitlistEntry', person.entryId);
      return this.chooses(person, entry ? statuses.get(entry)! : 'away');
    });
    await Promise.all(doings.map((does) => does()));
  }

  private chooses(person: Person, status: string): () => Promise<void> {
    const kind = this.dice.roll(1, 10);
    const path = `/v1/waitlist/${person.entryId}`;
    const joins = this.joins(person);
    const asks = (method: string, url: string, body?: object, token = person.token) => {
      const process = this.process();
      return () => unlessTooLate(stage.call(method, url, body, token, process));
    };
    const leaves = asks('DELETE', path);
    if (status === 'offered') {
      if (kind <= 4) return this.accepts(person);
      if (kind <= 7) return asks('POST', `${path}/decline`);
      return kind <= 8 ? leaves : nothing;
    }
    if (status !== 'waiting') return kind <= 8 ? joins : nothing;
    const moves = asks('PATCH', path, { priority: this.dice.roll(0, 3) }, this.seller);
    if (kind <= 4) return moves;
    if (kind <= 5) return leaves;
    return kind <= 7 ? () => leaves().then(joins) : nothing;
  }

  /** Most follow their entry, some by the process that was not asked. */
  private joins(person: Person): () => Promise<void> {
    const [process, follows] = [this.process(), this.dice.chance(0.8)];
    const path = `/v1/events/${this.hall.id}/waitlist`;
    const body = { ticketTypeId: this.hall.standing, quantity: 1 };
    return async () => {
      const entry = await unlessTooLate(stage.call('POST', path, body, person.token, process));
      if (!entry) return;
      if (person.topic) person.client.send('unsubscribe', { topics: [person.topic] });
      person.entryId = entry.id as string;
      person.topic = follows ? `waitlist:${person.entryId}` : null;
      if (!person.topic) return;
      const { client, topic } = person;
      // It may be on offer already: with a snapshot to begin with.
      const from = (await client.subscribe([topic], { [topic]: 0 }))[topic]!;
      this.followed.push({ client, topic, from });
    };
  }

  private accepts({ entryId, token }: Person): () => Promise<void> {
    const process = this.process();
    return async () => {
      const path = `/v1/waitlist/${entryId}/accept`;
      const booking = await unlessTooLate(stage.call('POST', path, undefined, token, process));
      if (booking) this.bookings.push({ id: booking.id, token, places: 1 });
    };
  }

  /** Bookings of some of the places for which people wait are canceled, by both processes at once. Gives how many places. */
  async free(waiting: number): Promise<number> {
    let places = 0;
    const canceled: Promise<unknown>[] = [];
    const most = this.dice.roll(1, Math.max(1, waiting));
    const first = this.dice.roll(0, this.bookings.length - 1);
    for (const booking of [...this.bookings.slice(first), ...this.bookings.slice(0, first)]) {
      if (places + booking.places > Math.min(most, waiting)) continue;
      places += booking.places;
      this.bookings.splice(this.bookings.indexOf(booking), 1);
      const path = `/v1/bookings/${booking.id}/cancel`;
      canceled.push(stage.call('POST', path, {}, booking.token, this.process()));
    }
    await Promise.all(canceled);
    return places;
  }

  /** How all entries stand, once nothing moves and each follower was told so. */
  async settle(): Promise<Standing[]> {
    await eventually(
      () => this.left(),
      ({ reserved }) => reserved === 0,
    );
    const { rows } = await this.query<Standing>(STANDINGS);
    await eventually(
      () => Promise.resolve(this.followers(rows).filter(({ is, told }) => is !== told)),
      (wrong) => !wrong.length,
    );
    return rows;
  }

  /** Those who follow an entry that waits or is on offer: what it is, and what they were told last. */
  followers(standings: readonly Standing[]) {
    const byId = new Map(standings.map((standing) => [formatId('waitlistEntry', standing.id), standing]));
    return this.people.flatMap(({ client, entryId, topic }) => {
      const standing = byId.get(entryId ?? '');
      if (!standing || !topic || !['waiting', 'offered'].includes(standing.status)) return [];
      const frames = client.of(topic);
      const offered = frames.some(
        ({ event, data }) => event === 'waitlist.offered' || data.entry?.status === 'offered',
      );
      const told = offered ? 'offered' : (positionsIn(frames).at(-1) ?? null);
      return [{ ...standing, is: standing.position ?? standing.status, told }];
    });
  }

  /** What is wrong with what was told in all, message by message. */
  faults(): string[] {
    return this.followed.flatMap(({ client, topic, from }) => {
      const times = client
        .of(topic)
        .filter(({ event }) => event === 'waitlist.position')
        .map(({ data }) => data.asOf as string);
      const backwards = times.filter((at, i) => at < times[i - 1]!);
      return [...gapsIn(client.of(topic), from), ...backwards].map((fault) => `${topic}: ${fault}`);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.people.map(({ client }) => client.close()));
  }

  private async left(): Promise<{ available: number; reserved: number }> {
    return (await this.query<{ available: number; reserved: number }>(LEFT)).rows[0]!;
  }

  private query<Row extends object>(text: string) {
    const typeId = parseId('ticketType', this.hall.standing)!;
    return databases.shards.ofId(typeId).primary.sql.query<Row>(text, [typeId]);
  }

  private process(): number {
    return this.dice.roll(0, 1);
  }
}

const nothing = () => Promise.resolve();

/** Null where another was quicker: a place offered or taken meanwhile. */
async function unlessTooLate(asked: Promise<any>): Promise<any> {
  return asked.catch((error: Error) => {
    if (/: 409 /.test(error.message)) return null;
    throw error;
  });
}

async function forgetAll(): Promise<void> {
  const admin = new Redis(redis.url());
  await admin.flushall();
  admin.disconnect();
}

it.each(seedsFor(SPEC, 1))(
  'tells everybody the position in which they are served (seed %i)',
  async (seed) => {
    const queue = await Queue.open(new Dice(seed));
    let [standings, served]: [Standing[], number] = [[], 0];
    for (let round = 0; round < ROUNDS; round++) {
      await queue.sellOut();
      await Promise.all([queue.mix(standings), round === ROUNDS / 2 && forgetAll()]);
      const before = await queue.settle();
      const waiting = before.filter(({ status }) => status === 'waiting').length;
      const told = queue
        .followers(before)
        .filter((follower) => follower.status === 'waiting')
        .sort((a, b) => Number(a.told) - Number(b.told));
      const places = await queue.free(waiting);
      standings = await queue.settle();
      const after = new Map(standings.map((standing) => [standing.id, standing]));
      const offered = told.filter(({ id }) => after.get(id)!.status === 'offered');
      // Nobody did anything else: those who were told the smallest are served, and in that order.
      expect(offered).toEqual(told.filter((follower) => Number(follower.told) <= places));
      const turns = offered.map(({ id }) => after.get(id)!.turn);
      expect(turns).toEqual(turns.toSorted((a, b) => a - b));
      served += offered.length;
    }
    expect(queue.faults()).toEqual([]);
    // A run in which nobody is served shows nothing.
    expect(served).toBeGreaterThan(0);
    await queue.close();
  },
  1_200_000,
);
