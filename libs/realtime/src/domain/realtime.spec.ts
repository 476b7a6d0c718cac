import { newId, newMasterId } from '#libs/kernel';
import { parseFrame } from './client-frame.js';
import { BURST, FLOOD, PER_SECOND, newBudget, spend } from './message-budget.js';
import { nameOf, parseTopic } from './topic.js';

describe('a topic', () => {
  it('is named as clients name it, and found by that name', () => {
    for (const topic of [
      { kind: 'event', id: newId(3) },
      { kind: 'waitlist', id: newId(701) },
    ] as const) {
      expect(parseTopic(nameOf(topic))).toEqual(topic);
    }
    expect(nameOf({ kind: 'user', id: newMasterId() })).toBe('me');
    expect(parseTopic('me')).toBe('me');
  });

  it.each(['', 'event:', 'event:evt_', 'event:wle_01kb2m5v00ezzr0r0h3a4d6n8q', 'user:me', 'EVENT:x', 'me '])(
    'is not %j',
    (name) => {
      expect(parseTopic(name)).toBeNull();
    },
  );
});

describe('a frame of a client', () => {
  it.each([
    ['{"event":"ping"}', { event: 'ping' }],
    ['{"event":"authenticate","data":{"token":"t"}}', { event: 'authenticate', token: 't' }],
    ['{"event":"unsubscribe","data":{"topics":["me"]}}', { event: 'unsubscribe', topics: ['me'] }],
    [
      '{"event":"subscribe","data":{"topics":["me","me"],"after":{"me":5}}}',
      { event: 'subscribe', topics: ['me'], after: new Map([['me', 5]]) },
    ],
  ])('is read: %s', (text, frame) => {
    expect(parseFrame(text)).toEqual(frame);
  });

  it.each([
    'ping',
    'null',
    '[]',
    '{"event":1}',
    '{"event":"shout"}',
    '{"event":"ping","data":[]}',
    '{"event":"authenticate","data":{}}',
    '{"event":"subscribe"}',
    '{"event":"subscribe","data":{"topics":[]}}',
    '{"event":"subscribe","data":{"topics":"me"}}',
    '{"event":"subscribe","data":{"topics":[1]}}',
    '{"event":"subscribe","data":{"topics":["me"],"after":{"me":-1}}}',
    '{"event":"subscribe","data":{"topics":["me"],"after":{"me":9007199254740993}}}',
    '{"event":"subscribe","data":{"topics":["me"],"after":{"you":1}}}',
    '{"event":"subscribe","data":{"topics":["me"],"after":{"__proto__":1,"me":"1"}}}',
    JSON.stringify({ event: 'subscribe', data: { topics: Array.from({ length: 101 }, () => 'me') } }),
    JSON.stringify({ event: 'subscribe', data: { topics: ['x'.repeat(101)] } }),
  ])('is refused with what is wrong: %s', (text) => {
    expect(parseFrame(text)).toEqual(expect.stringMatching(/.{10}/));
  });
});

describe('the budget of a connection', () => {
  it('allows a burst and then so many a second, and tells of the rest once a second', () => {
    const budget = newBudget(0);
    for (let n = 0; n < BURST; n++) expect(spend(budget, 0)).toBe('taken');
    expect(spend(budget, 0)).toBe('told');
    expect(spend(budget, 1)).toBe('refused');
    const second = Array.from({ length: 2 * PER_SECOND }, (_, n) =>
      spend(budget, 1 + ((n + 1) * 1000) / (2 * PER_SECOND)),
    );
    expect(second.filter((verdict) => verdict === 'taken')).toHaveLength(PER_SECOND);
    expect(spend(budget, 5000)).toBe('taken');
  });

  it('ends a flood, and forgives one that pauses', () => {
    const flooded = newBudget(0);
    const verdicts = Array.from({ length: BURST + FLOOD }, () => spend(flooded, 0));
    expect(verdicts.indexOf('flood')).toBe(BURST + FLOOD - 1);
    const patient = newBudget(0);
    for (let second = 0; second < 10; second++) {
      for (let n = 0; n < BURST + FLOOD / 2; n++) expect(spend(patient, second * 3000)).not.toBe('flood');
    }
  });
});
