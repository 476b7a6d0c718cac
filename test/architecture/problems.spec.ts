import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KERNEL_REFUSALS, definedRefusals } from '../support/refusals.js';

const root = join(import.meta.dirname, '../..');
const defined = await definedRefusals();
const documented = readDocumented();

/** The rows of docs/problems.md. */
function readDocumented() {
  const lines = readFileSync(join(root, 'docs/problems.md'), 'utf8').split('\n');
  const rows = lines.filter((line) => line.startsWith('| `'));
  return rows.map((row) => {
    const [code, status, title, when, remedy] = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return {
      code: code!.replaceAll('`', ''),
      status: Number(status),
      title: title!,
      when: when!,
      remedy: remedy!,
    };
  });
}

const codesOf = (list: { code: string }[]) => [...new Set(list.map(({ code }) => code))].sort();

it('documents every refusal once, and no other', () => {
  expect(documented.map(({ code }) => code).sort()).toEqual(codesOf(defined));
});

it('says of each in docs/problems.md what the code says', () => {
  const byCode = new Map(documented.map((row) => [row.code, row]));
  for (const { code, kind } of defined) {
    expect({ code, ...kind, retryAfter: undefined }).toEqual({
      code,
      status: byCode.get(code)?.status,
      title: byCode.get(code)?.title,
    });
  }
  for (const { when, remedy } of documented) expect(Math.min(when.length, remedy.length)).toBeGreaterThan(3);
});

it('gives a code one meaning wherever it is defined', () => {
  for (const code of codesOf(defined)) {
    const kinds = defined.filter((one) => one.code === code).map(({ kind }) => kind);
    for (const kind of kinds) expect({ code, ...kind }).toEqual({ code, ...kinds[0] });
  }
});

it('names every code in snake case, with a status of an error', () => {
  for (const { code, kind } of defined) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(kind.status).toBeGreaterThanOrEqual(400);
    expect(kind.title).not.toMatch(/[.|]$/);
  }
});

it('defines refusals only where they are found: in files named *.errors.ts', () => {
  const sources = globSync('{libs,apps}/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.spec.ts'),
  );
  const strays = sources.filter((file) => {
    if (file === KERNEL_REFUSALS || file.endsWith('.errors.ts')) return false;
    return /defineRefusals\(|new Refusal\(/.test(readFileSync(join(root, file), 'utf8'));
  });
  expect(strays).toEqual([]);
});
