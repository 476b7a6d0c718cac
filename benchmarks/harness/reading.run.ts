import type { Findings, Measured, Row } from './benchmark.js';
import type { Contender } from './rounds.js';
import type { HttpClient } from './http.client.js';
import { type Load, type Send, closedLoop, latency, openLoop, perSecond } from './load.js';
import { alternate } from './rounds.js';
import type { WorkerProcess } from './worker.process.js';

/** Where latency is measured open-loop: so much of what a strategy reached closed-loop. */
const OPEN_SHARE = 0.7;

/** A server to read from, and what its answers must hold. */
export interface Readable {
  strategy: string;
  process: WorkerProcess;
  client: HttpClient;
  /** The path of request number `n`. */
  path: (n: number) => string;
  /** Whether a body is what was asked for by request number `n`. */
  isRight: (body: string, n: number) => boolean;
}

export interface ReadingPlan {
  clients: number;
  rounds: number;
  secondsARun: number;
  openRounds: number;
}

/**
 * Reads from all of them in turns: closed-loop, then open-loop at .7 of what each reached. Every answer is looked at.
 * @returns a row each, medians of its rounds, with the open loop's figures as `open…`
 */
export async function compareReading(
  servers: readonly Readable[],
  { clients, rounds, secondsARun: seconds, openRounds }: ReadingPlan,
  say: (text: string) => void,
): Promise<Pick<Findings, 'rows' | 'faults' | 'checked'>> {
  const faults: string[] = [];
  let looked = 0;
  const against = async (server: Readable, load: (send: Send) => Promise<Load>): Promise<Measured> => {
    const before = await server.process.cpuMicros();
    const result = await load(readFrom(server));
    const cpu = (await server.process.cpuMicros()) - before;
    const { refused, unknown } = result.ledger;
    for (const [what, times] of [...refused, ...unknown])
      faults.push(`${server.strategy}: ${times} × ${what}`);
    looked += result.requests;
    return {
      perSecond: perSecond(result),
      ...latency(result),
      cpuMicros: cpu / result.requests,
      generatorCpu: result.ownCpuMicros / (1000 * result.ms),
    };
  };
  const closed = (server: Readable) => against(server, (send) => closedLoop({ clients, seconds }, send));
  // Code that is new is slow.
  for (const server of servers) await closed(server);
  const contend = (measure: (server: Readable) => Promise<Measured>) =>
    servers.map((server): Contender => ({ strategy: server.strategy, measure: () => measure(server) }));
  const rows = await alternate(contend(closed), rounds, say);
  say(`open-loop, at ${OPEN_SHARE} of that`);
  const rates = new Map(rows.map((row) => [row.strategy, OPEN_SHARE * row.perSecond]));
  const opened = await alternate(
    contend((server) => {
      const rate = { perSecond: rates.get(server.strategy)!, seconds };
      return against(server, (send) => openLoop(rate, send));
    }),
    openRounds,
    say,
  );
  return { rows: rows.map((row, i) => withOpenLoop(row, opened[i]!)), faults, checked: { answers: looked } };
}

export function rowOf(rows: readonly Row[], strategy: string): Row {
  return rows.find((row) => row.strategy === strategy)!;
}

function readFrom({ client, path, isRight }: Readable): Send {
  return async (_client, n) => {
    const { status, body } = await client.send(`GET ${path(n)} HTTP/1.1\r\nhost: 127.0.0.1\r\n`, '');
    if (status === 200 && isRight(body, n)) return { read: true };
    return { unknown: `status ${status}${status === 200 ? ' with another body' : ''}` };
  };
}

function withOpenLoop(row: Row, { perSecond: rate, p50Ms, p99Ms, generatorCpu = 0 }: Row): Row {
  return { ...row, openPerSecond: rate, openP50Ms: p50Ms, openP99Ms: p99Ms, openGeneratorCpu: generatorCpu };
}
