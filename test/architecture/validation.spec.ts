import { generateKeyPairSync } from 'node:crypto';
import 'reflect-metadata';
import { type ArgumentMetadata, RequestMethod, type Type, ValidationPipe } from '@nestjs/common';
import { METHOD_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { getMetadataStorage } from 'class-validator';
import fc from 'fast-check';
import { pino } from 'pino';
import { ApiModule } from '../../apps/api/src/api.module.js';
import { readConfig } from '#libs/config';
import { ID_PREFIXES, type IdKind, Refusal, formatId } from '#libs/kernel';
import { InputPipe, accept, compile } from '#libs/problem';
import { effort } from '../support/effort.js';

interface Input {
  type: 'body' | 'query';
  dto: Type<object>;
  of: string;
}

/** Every DTO that a route takes. */
function inputs(): Input[] {
  const { controllers } = ApiModule.for(readConfig('api', environment()), pino({ level: 'silent' }));
  const all = controllers!.flatMap((controller) =>
    Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
      const handler = (controller.prototype as Record<string, unknown>)[name];
      const isRoute = typeof handler === 'function' && Reflect.hasMetadata(METHOD_METADATA, handler);
      return isRoute ? inputsOf(controller as Type<object>, name) : [];
    }),
  );
  return [...new Map(all.map((input) => [input.dto, input])).values()];
}

function inputsOf(controller: Type<object>, name: string): Input[] {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<
    string,
    { index: number; data?: unknown }
  >;
  const types = Reflect.getMetadata(
    'design:paramtypes',
    controller.prototype as object,
    name,
  ) as Type<object>[];
  return Object.entries(args).flatMap(([key, { index, data }]): Input[] => {
    const kind = Number(key.split(':')[0]) as RouteParamtypes;
    const type =
      kind === RouteParamtypes.BODY ? 'body' : kind === RouteParamtypes.QUERY && !data ? 'query' : null;
    return type ? [{ type, dto: types[index]!, of: `${controller.name}.${name}` }] : [];
  });
}

function environment(): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const databases = ['MASTER', 'SHARD_1', 'SHARD_2', 'SHARD_3', 'SHARD_4'];
  return {
    ...Object.fromEntries(databases.map((name) => [`${name}_URL`, 'postgres://127.0.0.1/none'])),
    REDIS_URL: 'redis://127.0.0.1',
    JWT_SECRET: 'x'.repeat(32),
    TICKET_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const UUID = '01934c2f-7d00-7000-8000-0123456789ab';
/** Values among which each field finds some of its own, and many that look like them. */
const VALUES: unknown[] = [
  ...(Object.keys(ID_PREFIXES) as IdKind[]).map((kind) => formatId(kind, UUID)),
  ...[
    '',
    ' ',
    'a',
    'Ada',
    ' Ada ',
    'x'.repeat(101),
    'x'.repeat(20_001),
    '\u0007',
    'é',
    'EUR',
    'eur',
    'DE',
    'de',
    'de-AT',
  ],
  ...[
    'Europe/Berlin',
    'general',
    'seated',
    'concert',
    'published',
    'confirmed',
    'startsAt',
    '-startsAt',
    'relevance',
  ],
  ...[
    'ada@example.com',
    'ada@',
    '+49301234567',
    '22:00',
    '24:00',
    'true',
    'false',
    '0',
    '7',
    '101',
    '1e3',
    '-1',
  ],
  ...[
    '2026-11-22T19:30:00Z',
    '2026-11-22',
    '2026-02-31T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ],
  ...[
    'attendee',
    'organizer',
    'admin',
    'events:read',
    'exponential',
    'fixed',
    'dynamic',
    'live',
    'shadow',
    'Bayes',
    'model',
  ],
  ...[0, 1, 2, 7, 30, 100, 600, 1801, -1, 0.5, 1.5, 1e15, 2 ** 53 + 2, true, false, null, {}, []],
  ...[{ name: '1', seats: 24 }, { toString: 1 }, [[]], [{ a: [1, { b: null }] }], { push: [] }],
];

const LISTS = VALUES.map((value) => [value]);

/** What a field takes when everything else is left out: found by asking class-validator. */
const goodValues = new Map<string, unknown[]>();
async function good(dto: Type<object>, property: string): Promise<unknown[]> {
  const key = `${dto.name}.${property}`;
  const known = goodValues.get(key);
  if (known) return known;
  const found: unknown[] = [];
  for (const value of [...VALUES, ...LISTS, [formatId('seat', UUID), formatId('seat', newer(UUID))]]) {
    const errors = await faultsAt(dto, { [property]: value });
    if (!errors.some((path) => path === property || path.startsWith(`${property}.`))) found.push(value);
  }
  goodValues.set(key, found);
  return found;
}
const newer = (uuid: string) => uuid.replace(/b$/, 'c');

const pipe = new InputPipe();
/** What the decorators' own libraries say, without what is compiled. */
const slowly = (value: unknown, metadata: ArgumentMetadata) =>
  ValidationPipe.prototype.transform.call(pipe, value, metadata) as Promise<unknown>;
const outcome = (work: Promise<unknown>) =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      return { refused: error.members };
    },
  );
async function faultsAt(dto: Type<object>, value: object): Promise<string[]> {
  const result = await outcome(slowly(value, { type: 'body', metatype: dto }));
  return 'refused' in result ? (result.refused.errors as { path: string }[]).map(({ path }) => path) : [];
}

/** The DTO in a field, if there is one, and whether in a list: the one that its own objects are refused for. */
async function arbitrary(dto: Type<object>, depth = 0): Promise<fc.Arbitrary<object>> {
  const storage = getMetadataStorage();
  const metadatas = storage.getTargetValidationMetadatas(dto, '', false, false);
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, of] of Object.entries(storage.groupByPropertyName(metadatas))) {
    const inner = of.some(({ type }) => type === 'nestedValidation') ? nestedType(dto, name) : null;
    const choices: fc.WeightedArbitrary<unknown>[] = [
      { arbitrary: fc.constantFrom(...VALUES, ...LISTS), weight: 1 },
    ];
    const values = await good(dto, name);
    if (values.length) choices.push({ arbitrary: fc.constantFrom(...values), weight: 30 });
    if (inner && depth < 4) {
      const object = await arbitrary(inner, depth + 1);
      const list = fc.array(object, { minLength: 1, maxLength: 2 });
      const isList = of.some((one) => one.type === 'nestedValidation' && one.each);
      choices.push(
        { arbitrary: isList ? list : object, weight: 60 },
        { arbitrary: isList ? object : list, weight: 1 },
      );
    }
    fields[name] = fc.oneof(...choices);
  }
  const known = fc.record(fields, { requiredKeys: [] });
  const full = fc.record(fields);
  const strange = fc
    .tuple(full, fc.constantFrom(...VALUES))
    .map(([value, more]) => ({ ...value, role: more }));
  return fc.oneof(
    { arbitrary: full, weight: 8 },
    { arbitrary: known, weight: 4 },
    { arbitrary: strange, weight: 1 },
  );
}

function nestedType(dto: Type<object>, property: string): Type<object> | null {
  return compile(dto)?.typeOf(property) ?? null;
}

const all = inputs();

it('finds the input of every route', () => {
  const names = all.map(({ dto }) => dto.name);
  for (const name of ['NewBookingDto', 'NewEventDto', 'LoginDto', 'PageQueryDto'])
    expect(names).toContain(name);
  expect(RequestMethod.POST).toBeDefined();
});

it.each(all)('compiles $dto.name of $of', ({ dto }) => {
  expect(compile(dto)).not.toBeNull();
});

it.each(all)(
  'gives the same answers to $dto.name compiled as its decorators do',
  async ({ type, dto }) => {
    const metadata: ArgumentMetadata = { type, metatype: dto };
    const seen = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(await arbitrary(dto), async (value) => {
        const json = JSON.stringify(value);
        const sent = () => JSON.parse(json) as object;
        const slow = await outcome(slowly(sent(), metadata));
        const fast = accept(dto, sent());
        if ('value' in slow) {
          seen.accepted++;
          // Names that every object has make the compiled DTO unsure, which costs time and nothing else.
          if (!json.includes('toString')) expect(fast).toStrictEqual(slow.value);
        } else {
          seen.refused++;
          expect(fast).toBeNull();
        }
        expect(await outcome(pipe.transform(sent(), metadata))).toStrictEqual(slow);
      }),
      { numRuns: effort(150, 5000) },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(0);
  },
  300_000,
);
