import fc from 'fast-check';
import { type AccessChange, AccessList } from './access-list.js';

const said = { version: 1, role: 'attendee' as const, organizationId: null };
const promotion = (version: number): AccessChange => ({
  kind: 'role',
  userId: 'u',
  version,
  role: version % 2 ? 'attendee' : 'organizer',
  organizationId: version % 2 ? null : 'o',
});

it('knows which sessions were revoked and which keys deleted', () => {
  const list = new AccessList(1000);
  list.apply({ kind: 'session', userId: 'u', sessionId: 's' }, 0);
  list.apply({ kind: 'key', userId: 'u', keyId: 'k' }, 0);
  expect(['s', 'k', 'u', 'other'].map((id) => list.hasEnded(id))).toEqual([true, true, false, false]);
});

it('puts a newer role in the place of what a token says, and never an older one', () => {
  const list = new AccessList(1000);
  list.apply(promotion(2), 0);
  expect(list.standingOf('u', said)).toMatchObject({ role: 'organizer', organizationId: 'o' });
  const newer = { version: 3, role: 'admin' as const, organizationId: 'o' };
  expect(list.standingOf('u', newer)).toBe(newer);
  expect(list.standingOf('someone else', said)).toBe(said);
});

it('comes to the same whatever the order and the repeats in which changes are heard', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 1 }), (versions) => {
      const list = new AccessList(1000);
      for (const version of versions) list.apply(promotion(version), 0);
      expect(list.standingOf('u', said).version).toBe(Math.max(...versions));
    }),
  );
});

it('remembers a change for as long as a token can live, and not longer', () => {
  const list = new AccessList(1000);
  list.apply({ kind: 'session', userId: 'u', sessionId: 's' }, 500);
  list.apply(promotion(2), 500);
  list.prune(1499);
  expect(list.size).toBe(2);
  list.prune(1500);
  expect(list.size).toBe(0);
});
