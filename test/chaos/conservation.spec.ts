import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Ask,
  BOOKING_COLUMNS,
  type BookingRecord,
  type BookingRow,
  type EntryRecord,
  type HoldRecord,
  InventoryService,
  Lanes,
  type RequestKey,
  blockSeats,
  bookingOf,
  requireCurrentPlan,
  resize,
} from '#libs/inventory';
import { newMasterId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { Dice, effort, seedsFor } from '../support/effort.js';
import { haunt, strikeProcess, strikeRedis } from '../support/faults.js';
import { type Hall, openHall } from '../support/hall.js';
import { type Inventory, LaneProcess } from '../support/lane.process.js';
import { countSold } from '../support/sale.js';
import { ownRedis } from '../support/servers.js';

// Random operations of every kind on events that run out, by way of two processes, while these are killed and frozen and Redis is
// stopped, frozen and flushed. Clients ask until they are answered: then the tables have to say what they were told, of each
// booking, hold, entry and ticket, and nothing else; and the counters and seats have to agree with that.

const SPEC = 'test/chaos/conservation.spec.ts';
const ROUNDS = effort(2, 50);
const OPERATIONS_A_ROUND = effort(750, 2000);
const CLIENTS = 16;
const PEOPLE = 60;
const PLACES = 12;
const SEATS = 16;
/** No answer: asked again, elsewhere and with the same key. */
const NO_ANSWER = ['overloaded', 'shard_unavailable', 'outcome_unknown', 'process_gone'];
const REFUSALS = [
  'hold_consumed',
  'hold_expired',
  'seat_taken',
  'person_limit_reached',
  'sold_out',
  'waitlist_first',
  'tickets_available',
  'already_waiting',
  'no_offer',
  'already_checked_in',
  'admission_canceled',
  'capacity_below_taken',
];

let redis: Awaited<ReturnType<typeof ownRedis>>;
let databases: TestDatabases;
let shards: Shards;
let lanes: Lanes;
let organizer: InventoryService;
let processes: LaneProcess[];

beforeAll(async () => {
  redis = await ownRedis();
  databases = await createDatabases({ redisUrl: redis.url() });
  shards = new Shards(databases.config);
  await shards.onModuleInit();
  lanes = new Lanes(shards, databases.config);
  organizer = new InventoryService(shards, lanes);
  processes = await Promise.all([LaneProcess.start(databases.env), LaneProcess.start(databases.env)]);
}, 120_000);
afterAll(async () => {
  await Promise.all((processes ?? []).map((one) => one.stop()));
  await lanes?.onApplicationShutdown();
  await shards?.onApplicationShutdown();
  await databases?.drop();
  await redis?.stop();
});

/** An event, and what its clients were told last. */
class Stage {
  readonly bookings = new Map<string, BookingRecord>();
  readonly holds = new Map<string, HoldRecord>();
  readonly entries = new Map<string, EntryRecord>();
  readonly tickets = new Set<string>();
  readonly blocked = new Set<string>();
  places = PLACES;

  private constructor(readonly hall: Hall) {}

  static async open(slot: number): Promise<Stage> {
    const types = [
      { capacity: PLACES, maxPerPerson: 4 },
      { capacity: SEATS, maxPerPerson: 6 },
    ];
    const sections = [{ name: 'A', type: 1, rows: Array<number>(4).fill(SEATS / 4) }];
    return new Stage(await openHall(shards, { slot, types, sections }));
  }
}

/** What is over stays so; answers to those who asked at once come in any order. */
function note<T extends { id: string; status: string }>(told: Map<string, T>, record: T): void {
  const over = !['confirmed', 'active', 'waiting', 'offered'].includes(record.status);
  if (over || !told.has(record.id)) told.set(record.id, record);
}

/** One of the latest of them; most of those that came before are over. */
function recent<T>(told: ReadonlyMap<string, T>, dice: Dice): T | null {
  return told.size ? dice.pick([...told.values()].slice(-20)) : null;
}

/** One operation of a client. */
interface Turn {
  stage: Stage;
  dice: Dice;
  userId: string;
  key: RequestKey;
  /** Asks one process or the other until there is an answer; throws a refusal. */
  ask: <T>(work: (by: Inventory) => Promise<T>) => Promise<T>;
}

async function surely<T>(first: number, work: (by: Inventory) => Promise<T>): Promise<T> {
  for (let n = first; ; n++) {
    try {
      return await work(processes[n % processes.length]!);
    } catch (error) {
      if (!NO_ANSWER.includes(codeOf(error) ?? '')) throw error;
      await pause(5);
    }
  }
}

/** The same request at both processes at once, as impatient people and proxies send it: whichever is granted counts. */
async function twice<T>(first: number, work: (by: Inventory) => Promise<T>): Promise<T> {
  const both = await Promise.allSettled([surely(first, work), surely(first + 1, work)]);
  const refusals = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  for (const reason of refusals) if (!REFUSALS.includes(codeOf(reason) ?? '')) throw reason;
  for (const one of both) if (one.status === 'fulfilled') return one.value;
  throw refusals[0];
}

const codeOf = (error: unknown) => (error as { code?: string }).code;

function wish({ stage: { hall }, dice }: Turn): Ask {
  const [place, seat] = hall.typeIds as [string, string];
  const kind = dice.roll(1, 4);
  if (kind <= 2) return { ticketTypeId: place, quantity: dice.roll(1, 3) };
  if (kind === 3) return { ticketTypeId: seat, seatIds: [dice.pick(hall.seatIds)] };
  return { ticketTypeId: seat, quantity: dice.roll(1, 2), bestAvailable: true };
}

const late = { late: false, reason: null };

const ACTS: Record<string, { weight: number; act: (turn: Turn) => Promise<void> }> = {
  book: {
    weight: 20,
    act: async (turn) => {
      const { stage, ask, userId, key } = turn;
      const asks = [wish(turn)];
      const { booking } = await ask((by) => by.book(stage.hall.eventId, userId, asks, key));
      note(stage.bookings, booking);
    },
  },
  hold: {
    weight: 18,
    act: async (turn) => {
      const { stage, ask, userId, key, dice } = turn;
      const [asks, ttlMs] = [[wish(turn)], dice.roll(50, 3000)];
      const { hold } = await ask((by) => by.hold(stage.hall.eventId, userId, asks, ttlMs, key));
      note(stage.holds, hold);
    },
  },
  consume: {
    weight: 14,
    act: async ({ stage, ask, key, dice }) => {
      const hold = recent(stage.holds, dice);
      if (!hold) return;
      const { booking } = await ask((by) => by.consume(hold, key));
      note(stage.holds, { ...hold, status: 'consumed' });
      note(stage.bookings, booking);
    },
  },
  release: {
    weight: 6,
    act: async ({ stage, ask, dice }) => {
      const hold = recent(stage.holds, dice);
      if (hold) note(stage.holds, await ask((by) => by.release(hold)));
    },
  },
  cancel: {
    weight: 14,
    act: async ({ stage, ask, key, dice }) => {
      const booking = recent(stage.bookings, dice);
      if (booking) note(stage.bookings, (await ask((by) => by.cancel(booking, late, key))).booking);
    },
  },
  checkIn: {
    weight: 4,
    act: async ({ stage, ask, key, dice, userId }) => {
      const booking = recent(stage.bookings, dice);
      if (!booking) return;
      const tickets = booking.items.reduce((sum, { quantity }) => sum + quantity, 0);
      const { eventId, id: bookingId } = booking;
      const ticket = { bookingId, eventId, number: dice.roll(1, tickets), by: userId };
      await ask((by) => by.checkIn(ticket, key));
      stage.tickets.add(`${bookingId} ${ticket.number}`);
    },
  },
  join: {
    weight: 12,
    act: async ({ stage, ask, key, dice, userId }) => {
      const wanted = { ticketTypeId: dice.pick(stage.hall.typeIds), quantity: dice.roll(1, 2) };
      const { entry } = await ask((by) => by.join(stage.hall.eventId, userId, wanted, key));
      note(stage.entries, entry);
    },
  },
  accept: {
    weight: 5,
    act: async ({ stage, ask, key, dice }) => {
      const entry = recent(stage.entries, dice);
      if (!entry) return;
      const { booking } = await ask((by) => by.accept(entry, key));
      note(stage.entries, { ...entry, status: 'accepted' });
      note(stage.bookings, booking);
    },
  },
  decline: {
    weight: 2,
    act: async ({ stage, ask, key, dice }) => {
      const entry = recent(stage.entries, dice);
      if (entry) note(stage.entries, (await ask((by) => by.decline(entry, key))).entry);
    },
  },
  leave: {
    weight: 3,
    act: async ({ stage, ask, dice }) => {
      const entry = recent(stage.entries, dice);
      if (entry) note(stage.entries, (await ask((by) => by.leave(entry))).entry);
    },
  },
  expire: {
    weight: 2,
    act: async ({ stage, ask }) => void (await ask((by) => by.expire(stage.hall.eventId))),
  },
};
const LOTS = Object.entries(ACTS).flatMap(([name, { weight }]) => Array<string>(weight).fill(name));

/** What the organizer does, one thing after the other and in this process: a capacity changes, or a seat goes off sale or back. */
async function organize({ stage, dice }: Turn): Promise<string> {
  const { hall, blocked } = stage;
  if (dice.chance(0.5)) {
    const delta = dice.roll(-3, 3);
    const change = { ticketTypeId: hall.typeIds[0]!, delta };
    await organizer.step(hall.eventId, (tx) => resize(tx, hall.eventId, [change]));
    stage.places += delta;
    return 'resize';
  }
  const seat = dice.pick(hall.seatIds);
  await organizer.plans.with(hall.eventId, (plan) =>
    organizer.step(hall.eventId, async (tx) => {
      await requireCurrentPlan(tx, plan!);
      const places = [plan!.find(seat)!];
      await blockSeats(
        tx,
        plan!,
        blocked.has(seat) ? { block: [], unblock: places } : { block: places, unblock: [] },
      );
    }),
  );
  if (!blocked.delete(seat)) blocked.add(seat);
  return 'block';
}

/** How often each thing was done, or refused for what. */
type Tally = Map<string, number>;

/** Lets clients do random operations at once on several events. The first of them is the organizer. */
async function perform(stages: readonly Stage[], seed: number, round: number, tally: Tally): Promise<void> {
  const people = Array.from({ length: PEOPLE }, () => newMasterId());
  let left = OPERATIONS_A_ROUND;
  const client = async (number: number) => {
    const dice = new Dice(seed, round, number);
    for (let n = 0; left-- > 0; n++) {
      const [userId, first] = [dice.pick(people), dice.roll(0, 1)];
      const fingerprint = createHash('sha256').update(`${n}`).digest();
      const key = { caller: userId, key: `${number}-${n}`, fingerprint };
      const asking = dice.chance(0.2) ? twice : surely;
      const ask: Turn['ask'] = (work) => asking(first, work);
      const turn = { stage: dice.pick(stages), dice, userId, key, ask };
      const done = await attempt(turn, number === 0);
      tally.set(done, (tally.get(done) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
}

async function attempt(turn: Turn, organizing: boolean): Promise<string> {
  try {
    if (organizing) return await organize(turn);
    const name = turn.dice.pick(LOTS);
    await ACTS[name]!.act(turn);
    return name;
  } catch (error) {
    const code = codeOf(error) ?? '';
    // What the organizer asks of this process is done or not, and known.
    if (!REFUSALS.includes(code) && !(organizing && code === 'overloaded')) throw error;
    return code;
  }
}

async function expectAsTold({
  hall,
  bookings,
  holds,
  entries,
  tickets,
  blocked,
  places,
}: Stage): Promise<void> {
  await countSold(shards, hall.eventId);
  const { sql } = shards.ofId(hall.eventId).primary;
  const read = async <Row extends object>(text: string) => (await sql.query<Row>(text, [hall.eventId])).rows;

  const booked = await read<BookingRow>(`SELECT ${BOOKING_COLUMNS} FROM bookings WHERE event_id = $1`);
  expect(new Map(booked.map((row) => [row.id, bookingOf(row)]))).toEqual(bookings);
  const HOLDS = 'SELECT id, status FROM holds WHERE event_id = $1 AND entry_id IS NULL';
  expect(await read(HOLDS)).toHaveLength(holds.size);
  for (const { id, status } of await read<Stored>(HOLDS)) {
    const told = holds.get(id)!.status;
    // Time ends it without a word.
    expect([id, status]).toEqual([id, told === 'active' && status === 'expired' ? status : told]);
  }
  const ENTRIES = 'SELECT id, status FROM waitlist_entries WHERE event_id = $1';
  expect(await read(ENTRIES)).toHaveLength(entries.size);
  for (const { id, status } of await read<Stored>(ENTRIES)) {
    const told = entries.get(id)!.status;
    expect([id, status]).toEqual([id, told === 'waiting' && status === 'offered' ? status : told]);
  }
  const TICKETS = `SELECT booking_id || ' ' || number AS ticket FROM check_ins WHERE event_id = $1`;
  expect(new Set((await read<{ ticket: string }>(TICKETS)).map(({ ticket }) => ticket))).toEqual(tickets);
  const CAPACITIES = 'SELECT ticket_type_id AS id, capacity FROM stock WHERE event_id = $1';
  const capacities = (await read<{ id: string; capacity: number }>(CAPACITIES)).map((row) => [
    row.id,
    row.capacity,
  ]);
  expect(new Map(capacities as [string, number][])).toEqual(
    new Map([
      [hall.typeIds[0], places],
      [hall.typeIds[1], SEATS - blocked.size],
    ]),
  );
}

interface Stored {
  id: string;
  status: string;
}

it('keeps what it said and loses no place, whatever is killed, frozen and forgotten meanwhile', async () => {
  const [seed] = seedsFor(SPEC, 1) as [number];
  const tally: Tally = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    // Shards 1 and 2 are on PostgreSQL 18, 3 and 4 on 15.
    const stages = await Promise.all([0, 200, 360].map((slot) => Stage.open(slot)));
    const [of, about] = [new Dice(seed, round, 98), new Dice(seed, round, 99)];
    const faults = [
      haunt(of, () => strikeProcess(processes, databases.env, of)),
      haunt(about, () => strikeRedis(redis, about)),
    ];
    await perform(stages, seed, round, tally).finally(() => Promise.all(faults.map((one) => one.end())));
    for (const stage of stages) await expectAsTold(stage);
  }
  process.stderr.write(`${SPEC}: ${JSON.stringify(Object.fromEntries(tally))}\n`);
  // What never happened shows nothing.
  for (const name of [...Object.keys(ACTS), 'resize', 'block']) expect(tally.get(name)).toBeGreaterThan(0);
}, 3_600_000);
