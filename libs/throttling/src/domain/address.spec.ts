import { subscriberOf } from './address.js';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is counted as %s', (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber);
});

it('counts two addresses of one /64 as one subscriber, and of two /64 as two', () => {
  expect(subscriberOf('2001:db8:0:1::1')).toBe(subscriberOf('2001:db8:0:1:ffff::1'));
  expect(subscriberOf('2001:db8:0:1::1')).not.toBe(subscriberOf('2001:db8:0:2::1'));
});
