import fc from 'fast-check';
import { formatTraceparent, parseTraceparent } from './traceparent.js';

const trace = 'a'.repeat(32);
const span = 'b'.repeat(16);
const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

it('reads back what it writes', () => {
  fc.assert(
    fc.property(digits(32), digits(16), fc.boolean(), (traceId, spanId, sampled) => {
      fc.pre(/[^0]/.test(traceId) && /[^0]/.test(spanId));
      const parent = { traceId, spanId, sampled };
      expect(parseTraceparent(formatTraceparent(parent))).toEqual(parent);
    }),
  );
});

it('reads a later version that goes on after the flags', () => {
  expect(parseTraceparent(`cc-${trace}-${span}-03-more`)).toEqual({
    traceId: trace,
    spanId: span,
    sampled: true,
  });
});

it.each([
  undefined,
  '',
  'x',
  `ff-${trace}-${span}-01`,
  `00-${trace}-${span}-01-more`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}`,
  `00-${trace}-${span}-01, 00-${trace}-${span}-01`,
  `cc-${trace}-${span}-01.more`,
])('does not continue %p', (header) => {
  expect(parseTraceparent(header)).toBeNull();
});
