import type pg from 'pg';
import { addSpan, addTiming, currentTrace, endedSpan, histogram } from '#libs/tracing';
import { summaryOf } from '../domain/statement.js';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

const queries = histogram('db_query_seconds', 'Statements, by database and side.', SECONDS, [
  'database',
  'side',
]);
const waits = histogram(
  'db_pool_wait_seconds',
  'From asking for a connection to having it, by database and side.',
  SECONDS,
  ['database', 'side'],
);

type Query = (...args: unknown[]) => unknown;

/** Statements of a pool and its clients become spans and metrics; what the lane sends on its own connection does not. */
export function traceQueries(pool: pg.Pool, database: string, side: 'primary' | 'replica'): void {
  const watch = new QueryWatch(database, side);
  watch.over(pool);
  pool.on('connect', (client) => watch.over(client));
  watch.overWaits(pool);
}

class QueryWatch {
  private readonly labels;
  private readonly attributes;

  constructor(database: string, side: 'primary' | 'replica') {
    this.labels = { database, side };
    this.attributes = { 'db.system.name': 'postgresql', 'db.namespace': database, 'evently.side': side };
  }

  over(target: pg.Pool | pg.ClientBase): void {
    const query = target.query.bind(target) as Query;
    target.query = ((...args: unknown[]) => {
      const startedAt = performance.now();
      const trace = currentTrace();
      const parent = trace?.within ?? null;
      const result = query(...args);
      // Without a promise it is the pool's own call within one of its queries, which counts already.
      if (!(result instanceof Promise)) return result;
      const ended = (failed: boolean) => {
        const now = performance.now();
        queries.observe(this.labels, (now - startedAt) / 1000);
        if (!trace) return;
        addTiming('db', now - startedAt, trace);
        const name = nameOf(args[0]);
        addSpan(endedSpan(name, startedAt, now, this.attributes, { parent, kind: 'client', failed }), trace);
      };
      // Beside the caller's own handlers, and before them: the answer is not sent without its time.
      result.then(
        () => ended(false),
        () => ended(true),
      );
      return result;
    }) as typeof target.query;
  }

  overWaits(pool: pg.Pool): void {
    const connect = pool.connect.bind(pool) as Query;
    pool.connect = ((callback?: Query) => {
      const startedAt = performance.now();
      const had = () => waits.observe(this.labels, (performance.now() - startedAt) / 1000);
      if (callback) {
        return connect((...args: unknown[]) => {
          had();
          return callback(...args);
        });
      }
      return (connect() as Promise<unknown>).finally(had);
    }) as typeof pool.connect;
  }
}

/** Texts are few, but for lists of parameters that Prisma writes out. */
const MOST_NAMES = 2000;
const names = new Map<string, string>();

function nameOf(query: unknown): string {
  const text = typeof query === 'string' ? query : (query as { text?: unknown } | null)?.text;
  if (typeof text !== 'string') return 'SQL';
  let name = names.get(text);
  if (name === undefined) {
    if (names.size >= MOST_NAMES) names.clear();
    names.set(text, (name = summaryOf(text)));
  }
  return name;
}
