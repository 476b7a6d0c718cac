import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { format } from 'prettier';
import type { Bar, Findings, Row } from './benchmark.js';
import type { Machine } from './machine.js';
import { rounded } from './statistics.js';

/** A result as it is kept in `benchmarks/results/NAME.json`. */
export interface Result {
  name: string;
  commit: string;
  machine: Machine;
  /** Whether the run was a short one, whose figures are coarse. */
  quick: boolean;
  setting: Findings['setting'];
  rows: Row[];
  ratios: Record<string, number>;
  bars: Bar[];
  invariants: { ok: boolean; faults: string[]; checked: Record<string, number> };
}

export function resultOf(
  run: Pick<Result, 'name' | 'commit' | 'machine' | 'quick'>,
  { setting, rows, ratios, bars, faults, checked }: Findings,
): Result {
  return {
    ...run,
    setting,
    rows,
    ratios: Object.fromEntries(Object.entries(ratios).map(([name, value]) => [name, rounded(value)])),
    bars: bars.map((one) => ({ ...one, measured: rounded(one.measured) })),
    invariants: { ok: faults.length === 0, faults, checked },
  };
}

/** Writes the result in the format of the house, so that two results differ only in their figures. */
export async function keep(path: string, result: Result): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await format(JSON.stringify(result), { parser: 'json', printWidth: 110 }));
}

/** What a person reads. */
export function renderResult({ rows, ratios, bars, invariants, setting }: Result): string {
  const ratioLines = Object.entries(ratios).map(([name, value]) => `${name} ${value}`);
  const settings = Object.entries(setting).map(([name, value]) => `${name}: ${value}`);
  return [
    table(rows),
    ratioLines.join(' · '),
    ...(bars.length ? [table(bars.map(({ met, ...rest }) => ({ ...rest, met: met ? 'yes' : 'NO' })))] : []),
    settings.join(' · '),
    invariants.ok
      ? `invariants hold: ${Object.entries(invariants.checked)
          .map(([what, number]) => `${number} ${what}`)
          .join(', ')}`
      : `INVARIANTS BROKEN:\n${invariants.faults.map((fault) => `  ${fault}`).join('\n')}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** Columns in the order in which they first occur; numbers to the right. */
export function table(rows: readonly object[]): string {
  const records = rows as readonly Record<string, unknown>[];
  const columns = [...new Set(records.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...records.map((row) => columns.map((column) => text(row[column])))];
  const numeric = columns.map((column) => records.every((row) => typeof (row[column] ?? 0) === 'number'));
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const line = (parts: string[]) =>
    parts.map((part, i) => (numeric[i] ? part.padStart(widths[i]!) : part.padEnd(widths[i]!))).join('  ');
  return cells.map((parts) => line(parts).trimEnd()).join('\n');
}

function text(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en', { maximumSignificantDigits: 4 });
  return typeof value === 'string' ? value : '';
}
