import fc from 'fast-check';
import { canonicalJson, fingerprintOf } from '../index.js';

it('does not depend on the order in which a client writes the members of an object', () => {
  const one = { eventId: 'e', items: [{ quantity: 2, ticketTypeId: 't' }] };
  const other = { items: [{ ticketTypeId: 't', quantity: 2 }], eventId: 'e' };
  expect(fingerprintOf('POST', '/v1/bookings', one)).toEqual(fingerprintOf('POST', '/v1/bookings', other));
});

it('tells apart methods, paths, bodies and the order in lists', () => {
  const prints = [
    fingerprintOf('POST', '/v1/a', null),
    fingerprintOf('PUT', '/v1/a', null),
    fingerprintOf('POST', '/v1/b', null),
    fingerprintOf('POST', '/v1/a', {}),
    fingerprintOf('POST', '/v1/a', [1, 2]),
    fingerprintOf('POST', '/v1/a', [2, 1]),
  ];
  expect(new Set(prints.map((print) => print.toString('hex'))).size).toBe(prints.length);
});

it('takes no body for the same as an undefined one', () => {
  expect(fingerprintOf('POST', '/v1/a', undefined)).toEqual(fingerprintOf('POST', '/v1/a', null));
});

it('keeps every value, however odd its names', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
