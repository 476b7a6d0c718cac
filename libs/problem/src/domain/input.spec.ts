import fc from 'fast-check';
import { faultsOf, isSound } from './input.js';

it('lets through whatever PostgreSQL can store', () => {
  const names = fc
    .string({ unit: 'binary' })
    .filter((name) => !/^(__proto__|constructor|prototype)$|\0/.test(name));
  const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
  const leaf = fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie('value')), fc.dictionary(names, tie('value'))),
  }));
  fc.assert(fc.property(value, (body) => expect([faultsOf(body), isSound(body)]).toEqual([[], true])));
});

it.each([
  ['a NUL character', { a: [{ b: 'x\0y' }] }, 'a.0.b'],
  ['half of a surrogate pair', { title: 'x\ud800y' }, 'title'],
  ['a NUL character in a name', { a: { 'x\0': 1 } }, 'a'],
])('refuses %s and says where it stands', (_, body, path) => {
  expect(faultsOf(body)).toEqual([{ path, message: expect.any(String) }]);
  expect(isSound(body)).toBe(false);
});

it.each(['{"__proto__":{"role":"admin"}}', '{"a":{"constructor":{"prototype":1}}}', '{"prototype":1}'])(
  'refuses names that reach prototypes: %s',
  (json) => {
    expect(faultsOf(JSON.parse(json))).toEqual([
      { path: expect.any(String), message: 'is not a known field' },
    ]);
    expect(isSound(JSON.parse(json))).toBe(false);
  },
);

it('refuses a body nested deeper than sixteen levels, however deep', () => {
  const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  expect(faultsOf(nested(16))).toEqual([]);
  expect(faultsOf(nested(18))).toHaveLength(1);
  expect(faultsOf(nested(400_000))).toHaveLength(1);
  for (const levels of [16, 17, 18, 400_000]) {
    expect(isSound(nested(levels))).toBe(faultsOf(nested(levels)).length === 0);
  }
});

it('refuses an object of more than a thousand members, wherever it stands, and takes lists of as many', () => {
  const wide = (members: number) =>
    Object.fromEntries(Array.from({ length: members }, (_, i) => [`m${i}`, i]));
  expect([faultsOf(wide(1000)), isSound(wide(1000))]).toEqual([[], true]);
  expect(faultsOf({ items: [wide(1001)] })).toEqual([
    { path: 'items.0', message: 'has more than 1000 members' },
  ]);
  expect(isSound({ items: [wide(1001)] })).toBe(false);
  expect(isSound(Object.values(wide(100_000)))).toBe(true);
});
