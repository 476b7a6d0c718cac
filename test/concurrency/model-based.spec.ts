import fc from 'fast-check';
import { InventoryService, Lanes } from '#libs/inventory';
import { newId } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type TestDatabases, createDatabases } from '../support/databases.js';
import { effort, seedsFor } from '../support/effort.js';
import { EventModel, type EventTerms } from './checker/event.model.js';
import { EventUnderTest } from './checker/event.under-test.js';
import type { Answer, Operation } from './checker/operation.js';

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
/** Ticket types and bookings are named by numbers that wrap round to those that there are. */
type Plan =
  | { do: 'book'; user: number; lines: [number, number][]; key?: string }
  | { do: 'cancel'; user: number; nth: number; late: boolean; key?: string }
  | { do: 'resize'; type: number; delta: number }
  | { do: 'close' | 'cancelSome' | 'read' };
const plan: fc.Arbitrary<Plan> = fc.oneof(
  some,
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('book' as const),
      user,
      lines: fc.array(line, { minLength: 1, maxLength: 3 }),
      key,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('cancel' as const),
      user,
      nth: fc.nat(),
      late: fc.boolean(),
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('resize' as const),
      type: fc.nat(2),
      delta: fc.integer({ min: -12, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('close' as const, 'cancelSome' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const) }) },
);

function operationOf(plan: Plan, types: number, bookings: readonly string[], nobody: string): Operation {
  switch (plan.do) {
    case 'book':
      return { ...plan, lines: plan.lines.map(([type, quantity]) => [type % types, quantity]) };
    case 'cancel': {
      const { nth, ...rest } = plan;
      return { ...rest, booking: bookings[nth % (bookings.length + 1)] ?? nobody };
    }
    case 'resize':
      return { ...plan, type: plan.type % types };
    case 'cancelSome':
      return { do: 'cancelSome', limit: 1000 };
    default:
      return { do: plan.do };
  }
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
    const runs = async (given: EventTerms, plans: readonly [Plan, boolean][]) => {
      const event = await EventUnderTest.open(shards, services[0]!, given, { slot, users: USERS });
      let model = EventModel.of(given);
      const bookings: string[] = [];
      for (const [step, second] of [...plans, [{ do: 'read' } as const, false] as const]) {
        const operation = operationOf(step, given.types.length, bookings, newId(slot));
        const answer = await event.perform(services[second ? 1 : 0]!, operation);
        const made = idOf(answer as Answer);
        if (made && !bookings.includes(made)) bookings.push(made);
        const { next, expected } = model.does(operation, made ?? 'none');
        expect({ operation, answer }).toEqual({ operation, answer: expected });
        model = next;
      }
    };
    const [seed] = seedsFor('test/concurrency/model-based.spec.ts', 1);
    const plans = fc.array(fc.tuple(plan, fc.boolean()), { minLength: 1, maxLength: 60, size: 'max' });
    await fc.assert(fc.asyncProperty(terms, plans, runs), { seed, numRuns: effort(25, 1500) });
  }, 1_200_000);
});

function idOf(answer: Answer): string | null {
  return 'booking' in answer ? answer.booking.id : null;
}
