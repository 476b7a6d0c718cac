import { Claim } from './claim.js';
import { Counter } from './counter.js';
import { policiesOf } from './policy.js';

const policies = policiesOf('default', { ip: { limit: 4, ttl: 60_000 }, booking: { limit: 2, ttl: 10_000 } });
const NOW = 1_700_000_000_000;

function counterOf(name: 'ip' | 'booking' | 'global', subject = '192.0.2.1'): Counter {
  const counter = new Counter(policies[name], `${name}:${subject}`);
  counter.enter(NOW);
  return counter;
}

it('counts under all limits or under none', () => {
  const [ip, booking] = [counterOf('ip'), counterOf('booking')];
  const claim = new Claim([ip, booking], 2);
  expect(claim.take(1)).toBe(1);
  expect(claim.take(3)).toBe(1);
  expect(claim.take(1)).toBe(0);
  expect([ip.count, booking.count]).toEqual([2, 2]);
});

it('has room for checkout when reads have used up theirs', () => {
  const ip = counterOf('ip');
  const [read, checkout] = [new Claim([ip], 1), new Claim([ip], 1, true)];
  expect(read.take(10)).toBe(4);
  expect(checkout.take(10)).toBe(1);
});

it('tells the caller how his own limits stand, and not what everybody else does', () => {
  const claim = new Claim([counterOf('ip'), counterOf('booking'), counterOf('global', '')], 2);
  claim.take(1);
  expect(claim.policyHeader).toBe('"ip";q=4;w=60, "booking";q=2;w=10');
  expect(claim.limitHeader(NOW)).toMatch(/^"ip";r=3;t=\d+, "booking";r=1;t=\d+$/);
});

it('names the limits that are used up, and waits for the last of them', () => {
  const [ip, booking] = [counterOf('ip'), counterOf('booking')];
  const claim = new Claim([ip, booking], 2);
  claim.take(2);
  expect(claim.exhausted(NOW)).toEqual({ policies: [policies.booking], seconds: booking.secondsLeft(NOW) });
  ip.count = 4;
  const seconds = Math.max(ip.secondsLeft(NOW), booking.secondsLeft(NOW));
  expect(claim.exhausted(NOW)).toEqual({ policies: [policies.ip, policies.booking], seconds });
});

it('begins a new window when the old one is over, in every process at the same time', () => {
  const [one, other] = [counterOf('ip'), counterOf('ip')];
  one.count = 3;
  one.enter(one.endsAt - 1);
  expect(one.count).toBe(3);
  for (const counter of [one, other]) counter.enter(counter.endsAt);
  expect([one.count, one.key]).toEqual([0, other.key]);
  expect(one.secondsLeft(one.endsAt - 60_000)).toBe(60);
});

it('begins the windows of different subjects at different times', () => {
  const ends = new Set(Array.from({ length: 20 }, (_, i) => counterOf('ip', `192.0.2.${i}`).endsAt % 60_000));
  expect(ends.size).toBeGreaterThan(10);
});

it('gives a person room and a load test no end', () => {
  const { ip, login } = policiesOf('default');
  expect(ip.limit).toBeGreaterThan(login.limit);
  for (const { limit } of Object.values(policiesOf('relaxed')))
    expect(limit).toBeGreaterThanOrEqual(100_000_000);
});

it('refuses a setting for a limit that there is not', () => {
  expect(() => policiesOf('default', { logins: { limit: 1, ttl: 1000 } })).toThrow('logins');
});
