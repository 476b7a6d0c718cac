import { type Logger, symbols } from 'pino';
import type { RequestFacts, Trace } from '../domain/trace.js';
import type { TracedRoute } from './traced.route.js';

/** A request that is over. */
export interface Told {
  trace: Trace;
  route: TracedRoute;
  facts: RequestFacts;
  ms: number;
}

/** What pino lets others see by symbols. */
interface Inside {
  [symbols.streamSym]: { write: (line: string) => void };
  [symbols.chindingsSym]: string;
}

/**
 * Writes a request's line into the log as pino would. Each request has one: its members are known, and none of them is a
 * secret, so it is put together here at a quarter of what it takes pino to look at members of any kind.
 */
export function requestLines(log: Logger): (told: Told) => void {
  // The second is what all lines of the process have: `,"process":"api","pid":17`.
  const { [symbols.streamSym]: stream, [symbols.chindingsSym]: common } = log as Logger & Inside;
  return ({ trace, route, facts, ms }) => {
    const level = facts.status >= 500 ? 'error' : route.routine ? 'debug' : 'info';
    if (!log.isLevelEnabled(level)) return;
    const { traceId, requestId, userId, problem } = trace;
    let line = `{"level":"${level}","time":"${new Date().toISOString()}"${common},"traceId":"${traceId}"`;
    if (requestId !== null) line += `,"requestId":"${requestId}"`;
    if (userId !== null) line += `,"userId":"${userId}"`;
    // Whatever a client sends as its path may be in it.
    const path = JSON.stringify(facts.path);
    line += `,"method":"${route.method}","route":"${route.pattern}","path":${path},"status":${facts.status}`;
    if (problem !== null) line += `,"problem":"${problem}"`;
    stream.write(`${line},"ms":${Math.round(ms * 10) / 10},"msg":"request"}\n`);
  };
}
