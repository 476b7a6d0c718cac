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
