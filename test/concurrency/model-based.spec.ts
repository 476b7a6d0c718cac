import fc from 'fast-check';
import { InventoryService, Lanes } from '#libs/inventory';
import { newId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { effort, seedsFor } from '../support/effort.js';
import { EventModel, type EventTerms } from './checker/event.model.js';
import { EventUnderTest } from './checker/event.under-test.js';
import { type Answer, type Holding, type Operation, idIn } from './checker/operation.js';

const USERS = 4;

const some = { withCrossShrink: true };
const terms: fc.Arbitrary<EventTerms> = fc.record({
  types: fc.array(
    fc.record({
      capacity: fc.integer({ min: 0, max: 20 }),
      price: fc.integer({ min: 0, max: 10_000 }),
      maxPerBooking: fc.integer({ min: 1, max: 8 }),
      maxPerPerson: fc.option(fc.integer({ min: 1, max: 10 })),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  phase: fc.oneof(
    some,
    { weight: 8, arbitrary: fc.constant('on sale' as const) },
    fc.constantFrom('draft', 'before sales', 'sales over', 'begun', 'canceled'),
  ),
});

const user = fc.integer({ min: 0, max: USERS - 1 });
const key = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined, freq: 2 });
const line = fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 9 }));
const lines = fc.array(line, { minLength: 1, maxLength: 3 });
const nth = fc.nat();
const always = fc.constant<any>;
/** An operation, with its ticket types, holds and bookings named by numbers that wrap round to those that there are. */
const plan: fc.Arbitrary<any> = fc.oneof(
  some,
  { weight: 8, arbitrary: fc.record({ do: always('book'), user, lines, key }) },
  { weight: 8, arbitrary: fc.record({ do: always('hold'), user, lines, ttlMs: always(600_000), key }) },
  { weight: 6, arbitrary: fc.record({ do: always('consume'), user, hold: nth, key }) },
  { weight: 3, arbitrary: fc.record({ do: always('release'), user, hold: nth }) },
  { weight: 3, arbitrary: fc.record({ do: always('lapse'), hold: nth }) },
  { weight: 5, arbitrary: fc.record({ do: always('cancel'), user, booking: nth, late: fc.boolean(), key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: always('checkIn'),
      user,
      booking: nth,
      number: fc.integer({ min: 1, max: 4 }),
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: always('resize'), type: fc.nat(2), delta: fc.integer({ min: -12, max: 12 }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'close' }, { do: 'cancelSome', limit: 1000 }) },
  { weight: 4, arbitrary: always({ do: 'read' }) },
);

interface Known {
  types: number;
  /** With whose they are, so that most of what is asked of a hold comes from its owner. */
  holds: Holding[];
  bookings: Holding[];
  nobody: string;
}

function operationOf(plan: any, { types, holds, bookings, nobody }: Known): Operation {
  const operation = { ...plan };
  if ('lines' in plan) operation.lines = plan.lines.map(([type, n]: [number, number]) => [type % types, n]);
  if ('type' in plan) operation.type = plan.type % types;
  if ('booking' in plan) operation.booking = bookings[plan.booking % (bookings.length + 1)]?.id ?? nobody;
  if ('hold' in plan) {
    const hold = holds[plan.hold % (holds.length + 1)];
    operation.hold = hold?.id ?? nobody;
    // One in four tries to have another's.
    if (hold && 'user' in plan && plan.hold % 4) operation.user = hold.user;
  }
  return operation as Operation;
}

// Slot 0 is on PostgreSQL 18, slot 360 (shard 3) on 15.
describe.each([
  [18, 0],
  [15, 360],
])('an event on PostgreSQL %i', (_, slot) => {
  let databases: TestDatabases;
  let shards: Shards;
  let lanes: Lanes[];

  beforeAll(async () => {
    databases = await createDatabases();
    shards = new Shards(databases.config);
    await shards.onModuleInit();
    lanes = [new Lanes(shards, databases.config), new Lanes(shards, databases.config)];
  });
  afterAll(async () => {
    await Promise.all((lanes ?? []).map((each) => each.onApplicationShutdown()));
    await shards?.onApplicationShutdown();
    await databases?.drop();
  });

  it('answers every sequence of requests as the model does, whichever lane each goes through', async () => {
    const services = lanes.map((each) => new InventoryService(shards, each));
    const runs = async (given: EventTerms, plans: readonly [any, boolean][]) => {
      const event = await EventUnderTest.open(shards, services[0]!, given, { slot, users: USERS });
      let model = EventModel.of(given);
      const known: Known = { types: given.types.length, holds: [], bookings: [], nobody: newId(slot) };
      for (const [step, second] of [...plans, [{ do: 'read' }, false] as const]) {
        const operation = operationOf(step, known);
        const answer = await answerOf(event, services[second ? 1 : 0]!, operation);
        const { next, expected } = model.does(operation, idIn(answer) ?? 'none');
        expect({ operation, answer }).toEqual({ operation, answer: expected });
        remember(known, answer);
        model = next;
      }
    };
    const [seed] = seedsFor('test/concurrency/model-based.spec.ts', 1);
    const plans = fc.array(fc.tuple(plan, fc.boolean()), { minLength: 1, maxLength: 60, size: 'max' });
    await fc.assert(fc.asyncProperty(terms, plans, runs), { seed, numRuns: effort(25, 1500) });
  }, 1_200_000);
});

/** Asks until there is a turn for it: a slow machine may have none; then nothing was done. */
async function answerOf(event: EventUnderTest, by: InventoryService, operation: Operation): Promise<Answer> {
  for (;;) {
    const answer = await event.perform(by, operation);
    if (answer === 'unknown') throw new Error(`nobody struck, and the outcome of ${operation.do} is unknown`);
    if (answer !== 'not done') return answer;
  }
}

function remember({ holds, bookings }: Known, answer: Answer): void {
  if ('hold' in answer && !holds.some(({ id }) => id === answer.hold.id)) holds.push(answer.hold);
  if ('booking' in answer && !bookings.some(({ id }) => id === answer.booking.id))
    bookings.push(answer.booking);
}
