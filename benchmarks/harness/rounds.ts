import type { Measured, Row } from './benchmark.js';
import { median, rounded } from './statistics.js';

/** One of those that are compared. */
export interface Contender {
  strategy: string;
  /** Runs once, on data of its own, and checks afterwards what it left behind. */
  measure(): Promise<Measured>;
}

/**
 * Lets the contenders take turns, A B C A B C …, so that a machine that is slow for a while is slow for all of them.
 * @returns a row each: the median of every figure over the rounds
 */
export async function alternate(
  contenders: readonly Contender[],
  rounds: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const runs = new Map<Contender, Measured[]>(contenders.map((contender) => [contender, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      const measured = await contender.measure();
      runs.get(contender)!.push(measured);
      say(`${round}/${rounds} ${contender.strategy}: ${rounded(measured.perSecond)}/s`);
    }
  }
  return contenders.map((contender) => mediansOf(contender.strategy, runs.get(contender)!));
}

export function mediansOf(strategy: string, runs: readonly Measured[]): Row {
  const medians = Object.keys(runs[0]!).map((name) => [name, rounded(median(runs.map((run) => run[name]!)))]);
  return { strategy, ...(Object.fromEntries(medians) as Measured) };
}
