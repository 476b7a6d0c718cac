import { fingerprintOf } from '../index.js';
import { sentKeyOf } from './idempotency-key.header.js';

const sent = (key: string | undefined, url = '/v1/events') =>
  sentKeyOf({ headers: { 'idempotency-key': key }, method: 'POST', url, body: { a: 1 } });

it('gives nothing for a request without the header', () => {
  expect(sent(undefined)).toBeNull();
});

it('takes any 1 to 255 printable ASCII characters', () => {
  expect(sent(' ~')?.key).toBe(' ~');
  expect(sent('x'.repeat(255))?.key).toHaveLength(255);
});

it.each(['', 'x'.repeat(256), 'käse', 'tab\t', 'bell\u0007'])('refuses the key %j', (key) => {
  expect(() => sent(key)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
});

it('does not count the query as part of the path', () => {
  expect(sent('k', '/v1/events?trace=1')?.fingerprint).toEqual(fingerprintOf('POST', '/v1/events', { a: 1 }));
});
