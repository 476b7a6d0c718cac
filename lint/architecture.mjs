/**
 * The house's map, read by ESLint and dependency-cruiser: who may import whom, and which package belongs where.
 * Everything is a pattern, so a library that is not born yet obeys too: one that is not named here is a use case.
 */

/** Libraries that know no ticketing word. */
export const FOUNDATION = [
  'config',
  'tracing',
  'caching',
  'throttling',
  'sharding',
  'outbox',
  'idempotency',
  'relay',
  'problem',
];

/** Told of what happened, they never decide anything. */
export const CONSEQUENCES = ['notifications', 'realtime'];

/** What each kind of library may import, besides itself. Imports go down this list only. */
export const MAY_IMPORT = {
  kernel: [],
  contracts: ['kernel'],
  foundation: ['kernel', 'contracts', 'foundation'],
  inventory: ['kernel', 'contracts', 'foundation'],
  identity: ['kernel', 'contracts', 'foundation'],
  usecase: ['kernel', 'contracts', 'foundation', 'inventory'],
  consequence: ['kernel', 'contracts', 'foundation', 'identity'],
  app: ['kernel', 'contracts', 'foundation', 'inventory', 'identity', 'usecase', 'consequence'],
  benchmark: ['kernel', 'contracts', 'foundation', 'inventory', 'identity', 'usecase', 'consequence'],
};

/** Benchmarks start servers and processes as the tests and the commands do. Nobody imports benchmarks. */
export const BENCHMARKS_MAY_ALSO_IMPORT = ['app', 'test'];

/** The controllers of every library may ask who is calling. */
export const HTTP_MAY_ALSO_IMPORT = ['identity'];

/** Folders of each kind, the first that matches counts. */
export const KINDS = [
  { type: 'kernel', pattern: 'libs/kernel' },
  { type: 'contracts', pattern: 'libs/contracts' },
  { type: 'foundation', pattern: FOUNDATION.map((lib) => `libs/${lib}`) },
  { type: 'inventory', pattern: 'libs/inventory' },
  { type: 'identity', pattern: 'libs/identity' },
  { type: 'consequence', pattern: CONSEQUENCES.map((lib) => `libs/${lib}`) },
  { type: 'usecase', pattern: 'libs/*' },
  { type: 'app', pattern: 'apps/*' },
  { type: 'benchmark', pattern: 'benchmarks' },
  { type: 'test', pattern: 'test' },
  { type: 'prisma', pattern: 'prisma/generated/*' },
];

/** Packages with a home: outside of it they are an error. `files` are globs. */
export const HOMES = [
  {
    packages: ['ioredis'],
    files: [
      'libs/{caching,throttling,realtime}/**',
      'libs/inventory/**/*.lock.ts',
      'libs/waitlist/src/persistence/**',
      'benchmarks/**',
    ],
    why: 'ioredis lives in caching, throttling, realtime, the lane’s lock (*.lock.ts), waitlist/persistence and benchmarks only.',
  },
  {
    packages: ['pg', '@prisma/*', '#prisma/*'],
    files: [
      'libs/sharding/**',
      '{libs,apps}/*/src/persistence/**',
      '{libs,apps}/*/src/*/persistence/**',
      'benchmarks/**',
    ],
    why: 'pg and Prisma live in libs/sharding, in persistence/ and in benchmarks only; ask Shards or Master for a transaction.',
  },
  {
    packages: ['@nestjs/bull', '@nestjs/bull-*', 'bull'],
    files: ['libs/outbox/**', 'libs/*/src/worker/**', 'apps/worker/**'],
    why: 'Bull lives in libs/outbox and in worker/ only, never in what the API loads.',
  },
];

/** Packages without effects, which domain/ may use. */
export const PURE_PACKAGES = ['any-ascii', 'ml-matrix', 'pure-rand'];

/** Folder names that say nothing about what is inside. */
export const EMPTY_NAMES = ['common', 'shared', 'utils', 'util', 'helpers', 'helper', 'base', 'misc', 'lib'];
