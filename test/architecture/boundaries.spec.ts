import { PlantedHouse } from './planted-house.js';

const use = (source: string) => `import { planted } from '${source}';\nexport const used = planted;\n`;
const BOUNDARY = 'boundaries/dependencies';
const SYNTAX = 'no-restricted-syntax';
const GRAMMAR = 'house/path-grammar';

/** What must be refused: [what it is, where, the code, what ESLint says]. */
const REFUSED: [string, string, string, string][] = [
  ['the kernel looks up', 'libs/kernel/src/domain/a.ts', use('#libs/contracts'), BOUNDARY],
  ['contracts look up', 'libs/contracts/src/domain/a.ts', use('#libs/config'), BOUNDARY],
  ['the foundation looks up', 'libs/sharding/src/a.service.ts', use('#libs/inventory'), BOUNDARY],
  ['inventory looks up', 'libs/inventory/src/a.service.ts', use('#libs/catalog'), BOUNDARY],
  ['a use case imports another', 'libs/booking/src/a.service.ts', use('#libs/catalog'), BOUNDARY],
  ['a service asks who calls', 'libs/booking/src/b.service.ts', use('#libs/identity'), BOUNDARY],
  ['an unborn library imports a use case', 'libs/lottery/src/a.service.ts', use('#libs/booking'), BOUNDARY],
  ['a use case imports an unborn one', 'libs/booking/src/c.service.ts', use('#libs/lottery'), BOUNDARY],
  ['a consequence decides', 'libs/notifications/src/a.service.ts', use('#libs/inventory'), BOUNDARY],
  ['a consequence knows a use case', 'libs/notifications/src/b.service.ts', use('#libs/booking'), BOUNDARY],
  [
    'a library is entered by its window',
    'libs/booking/src/d.service.ts',
    use('../../inventory/src/domain/open.js'),
    BOUNDARY,
  ],
  ['a library enters itself', 'libs/booking/src/e.service.ts', use('#libs/booking'), BOUNDARY],
  ['an app is imported', 'libs/booking/src/f.service.ts', use('../../../apps/api/src/a.js'), BOUNDARY],
  ['the product compares itself', 'libs/booking/src/g.service.ts', use('../../../benchmarks/a.js'), BOUNDARY],
  ['an app compares itself', 'apps/api/src/b.ts', use('../../../benchmarks/a.js'), BOUNDARY],
  [
    'a benchmark enters by the window',
    'benchmarks/b.bench.ts',
    use('../libs/booking/src/domain/ok.js'),
    BOUNDARY,
  ],
  [
    'a benchmark needs a compiler',
    'benchmarks/c.bench.ts',
    'export class A {\n  constructor(readonly a: string) {}\n}\n',
    'parameter-properties',
  ],
  [
    'the domain reaches persistence',
    'libs/lottery/src/domain/a.ts',
    use('../persistence/a.repository.js'),
    BOUNDARY,
  ],
  ['the domain reaches the foundation', 'libs/lottery/src/domain/b.ts', use('#libs/sharding'), BOUNDARY],
  ['the domain reaches a framework', 'libs/lottery/src/domain/c.ts', `import '@nestjs/common';\n`, BOUNDARY],
  ['the domain reaches the disk', 'libs/lottery/src/domain/d.ts', `import 'node:fs';\n`, BOUNDARY],
  ['the domain awaits', 'libs/lottery/src/domain/e.ts', 'export const f = async () => 1;\n', SYNTAX],
  [
    'the domain reads the clock',
    'libs/lottery/src/domain/f.ts',
    'export const f = () => Date.now();\n',
    SYNTAX,
  ],
  ['the domain makes a date', 'libs/lottery/src/domain/g.ts', 'export const f = () => new Date();\n', SYNTAX],
  [
    'the domain throws dice',
    'libs/lottery/src/domain/h.ts',
    'export const f = () => Math.random();\n',
    SYNTAX,
  ],
  [
    'the domain makes ids',
    'libs/lottery/src/domain/i.ts',
    `import { randomUUID } from 'node:crypto';\nexport const f = randomUUID;\n`,
    'no-restricted-imports',
  ],
  ['ioredis away from home', 'libs/lottery/src/a.client.ts', `import 'ioredis';\n`, 'ioredis lives in'],
  ['pg away from home', 'libs/lottery/src/b.client.ts', `import 'pg';\n`, 'pg and Prisma live in'],
  [
    'a type of pg away from home',
    'libs/lottery/src/c.client.ts',
    `import type {} from 'pg';\n`,
    'pg and Prisma',
  ],
  [
    'Prisma away from home',
    'libs/lottery/src/http/d.client.ts',
    `import '@prisma/client';\n`,
    'pg and Prisma',
  ],
  [
    'a Prisma client away from home',
    'libs/lottery/src/e.client.ts',
    `import '#prisma/shard';\n`,
    'pg and Prisma',
  ],
  ['Bull away from home', 'libs/lottery/src/f.client.ts', `import '@nestjs/bull';\n`, 'Bull lives in'],
  ['Bull in the API', 'apps/api/src/a.module.ts', `import '@nestjs/bull';\n`, 'Bull lives in'],
  ['the environment is read', 'libs/lottery/src/g.client.ts', 'export const e = process.env;\n', SYNTAX],
  [
    'the environment is imported',
    'libs/lottery/src/h.client.ts',
    `import { env } from 'node:process';\nexport const e = env;\n`,
    SYNTAX,
  ],
  [
    'the environment is taken apart',
    'libs/lottery/src/i.client.ts',
    'const { env } = process;\nexport const e = env;\n',
    SYNTAX,
  ],
  [
    'two modules lean on each other',
    'libs/lottery/src/a.module.ts',
    `import { forwardRef } from '@nestjs/common';\nexport const a = forwardRef;\n`,
    SYNTAX,
  ],
  ['a folder called common', 'libs/lottery/src/common/a.service.ts', 'export {};\n', GRAMMAR],
  ['a folder called utils in an app', 'apps/api/src/utils/a.ts', 'export {};\n', GRAMMAR],
  ['a library called shared', 'libs/shared/src/index.ts', 'export {};\n', GRAMMAR],
  ['a file without a role', 'libs/lottery/src/persistence/tickets.ts', 'export {};\n', GRAMMAR],
  ['a name in camel case', 'libs/lottery/src/domain/bestSeat.ts', 'export {};\n', GRAMMAR],
  ['code outside src', 'libs/lottery/a.service.ts', 'export {};\n', GRAMMAR],
  ['a library too deep', 'libs/lottery/src/domain/a/b/c.ts', 'export {};\n', GRAMMAR],
  ['a file of 401 lines', 'libs/lottery/src/domain/long.ts', 'export {};\n'.repeat(401), 'max-lines'],
  [
    'a promise left alone',
    'libs/lottery/src/j.client.ts',
    'void 0;\nPromise.resolve();\n',
    'no-floating-promises',
  ],
  [
    'a test that should',
    'libs/lottery/src/domain/k.spec.ts',
    `it('should sell a ticket', () => {});\n`,
    'house/test-name',
  ],
  [
    'a test of one word',
    'libs/lottery/src/domain/l.spec.ts',
    `it('tickets', () => {});\n`,
    'house/test-name',
  ],
  [
    'a table of tests without a sentence',
    'libs/lottery/src/domain/m.spec.ts',
    `it.each([1])('works %i', () => {});\n`,
    'house/test-name',
  ],
];

/** What must pass, so that a refusal above means its rule and not a broken set-up. */
const ALLOWED: [string, string][] = [
  ['libs/contracts/src/domain/ok.ts', use('#libs/kernel')],
  ['libs/sharding/src/ok.service.ts', use('#libs/config')],
  ['libs/sharding/src/persistence/ok.client.ts', `import 'pg';\nimport '@prisma/adapter-pg';\n`],
  ['libs/inventory/src/ok.service.ts', use('#libs/sharding')],
  ['libs/inventory/src/persistence/lane.lock.ts', `import 'ioredis';\n`],
  [
    'libs/booking/src/ok.service.ts',
    use('#libs/inventory') + `export { used as again } from './domain/ok.js';\n`,
  ],
  ['libs/booking/src/domain/ok.ts', use('#libs/kernel')],
  ['libs/booking/src/domain/ok.spec.ts', `it('sells a place only once', () => {});\n`],
  ['libs/booking/src/http/ok.controller.ts', use('#libs/identity')],
  ['libs/lottery/src/ok.service.ts', use('#libs/inventory')],
  ['libs/lottery/src/persistence/ok.repository.ts', use('../domain/ok.js') + `import '#prisma/shard';\n`],
  [
    'libs/lottery/src/domain/ok.ts',
    `import { createHash } from 'node:crypto';\nexport const planted = createHash;\n`,
  ],
  ['libs/lottery/src/worker/ok.processor.ts', `import '@nestjs/bull';\n`],
  ['libs/notifications/src/ok.service.ts', use('#libs/identity')],
  ['libs/config/src/ok.reader.ts', 'export const e = process.env;\n'],
  ['apps/api/src/ok.module.ts', use('#libs/booking')],
  [
    'benchmarks/ok.bench.ts',
    use('#libs/booking') + `import 'pg';\nimport 'ioredis';\nimport '../apps/api/src/a.js';\n`,
  ],
];

describe('the rules of the house', () => {
  let house: PlantedHouse;
  let said: Map<string, string[]>;

  beforeAll(async () => {
    house = await PlantedHouse.build();
    await house.plant('libs/inventory/src/domain/open.ts', 'export const planted = 1;\n');
    await house.plant('libs/lottery/src/persistence/a.repository.ts', 'export const planted = 1;\n');
    await house.plant('apps/api/src/a.ts', 'export const planted = 1;\n');
    await house.plant('benchmarks/a.ts', 'export const planted = 1;\n');
    for (const [, path, source] of REFUSED) await house.plant(path, source);
    for (const [path, source] of ALLOWED) await house.plant(path, source);
    await house.plant('libs/lottery/src/domain/hen.ts', use('./egg.js'));
    await house.plant(
      'libs/lottery/src/domain/egg.ts',
      `import type {} from './hen.js';\nexport const planted = 1;\n`,
    );
    said = await house.lint();
  }, 120_000);

  afterAll(() => house.remove());

  it.each(REFUSED)('refuse it when %s', (_, path, __, expected) => {
    expect(said.get(path)?.join('\n')).toContain(expected);
  });

  it.each(ALLOWED)('let %s pass', (path) => {
    expect(said.get(path)).toEqual([]);
  });

  it('refuse a cycle of imports, of types too, and an import that leads nowhere', async () => {
    await house.plant('libs/lottery/src/domain/lost.ts', `import './nowhere.js';\n`);
    const violations = await house.cruise();
    expect(violations).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^no-cycle: libs\/lottery\/src\/domain\/(hen|egg)\.ts$/),
        'resolvable: libs/lottery/src/domain/lost.ts',
      ]),
    );
    expect(violations).not.toContain('no-cycle: libs/booking/src/ok.service.ts');
  }, 60_000);
});
