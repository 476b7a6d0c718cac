import fc from 'fast-check';
import {
  NO_SLOT,
  SLOT_COUNT,
  decodeCursor,
  encodeCursor,
  foldToLatin,
  formatId,
  lettersOfSlot,
  logGamma,
  makeUuid,
  newId,
  parseId,
  pooledRandom,
  slotOfId,
  slotOfTitle,
} from '../index.js';

const shardOfSlot = (slot: number) => (slot <= 161 ? 1 : slot <= 350 ? 2 : slot <= 512 ? 3 : 4);

describe('slots', () => {
  it.each([
    ['Aida', 1],
    ['Fidelio', 1],
    ['Giselle', 2],
    ['Mahler 5', 2],
    ['Norma', 3],
    ['Salome', 3],
    ['Tosca', 4],
    ['Zauberflöte', 4],
    ['Élodie', 1],
    ['  "Ödipus"', 3],
    ['«Щелкунчик»', 3],
    ['Ωmega', 3],
    ['U2', 4],
  ])('%s belongs to shard %i', (title, shard) => {
    expect(shardOfSlot(slotOfTitle(title))).toBe(shard);
  });

  it('count 162, 189, 162 and 189 for A–F, G–M, N–S and T–Z', () => {
    expect([slotOfTitle('aa'), slotOfTitle('f1'), slotOfTitle('ga'), slotOfTitle('m!')]).toEqual([
      0, 161, 162, 350,
    ]);
    expect([slotOfTitle('na'), slotOfTitle('s '), slotOfTitle('ta'), slotOfTitle('z')]).toEqual([
      351, 512, 513, 701,
    ]);
  });

  it('of any title are in range, and titles without a letter spread over all shards', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (title) => {
        const slot = slotOfTitle(title);
        expect(slot >= 0 && slot < SLOT_COUNT && Number.isInteger(slot)).toBe(true);
      }),
    );
    const shards = new Set(Array.from({ length: 100 }, (_, i) => shardOfSlot(slotOfTitle(`${i} Songs`))));
    expect(shards).toEqual(new Set([1, 2, 3, 4]));
  });

  it('are named by two letters', () => {
    expect([0, 161, 162, 701].map(lettersOfSlot)).toEqual(['AA', 'FZ', 'GA', 'ZZ']);
  });
});

describe('ids', () => {
  const uuids = fc
    .tuple(
      fc.integer({ min: 0, max: SLOT_COUNT - 1 }),
      fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
    )
    .map(([slot, ms, random]) => ({ slot, uuid: makeUuid(slot, ms, Buffer.from(random).toString('hex')) }));

  it('carry their slot, and survive their public form', () => {
    fc.assert(
      fc.property(uuids, ({ slot, uuid }) => {
        expect(slotOfId(uuid)).toBe(slot);
        expect(parseId('event', formatId('event', uuid))).toBe(uuid);
      }),
    );
  });

  it('of the master carry no slot', () => {
    expect(slotOfId(makeUuid(NO_SLOT, 0, '0'.repeat(16)))).toBeNull();
  });

  it('are refused in any other form', () => {
    const id = formatId('event', newId(7));
    for (const bad of [
      id.toUpperCase(),
      id.slice(0, -1),
      `${id}0`,
      id.replace('evt', 'bkg'),
      'evt_8' + id.slice(5),
      17,
      null,
    ]) {
      expect(parseId('event', bad)).toBeNull();
    }
    fc.assert(fc.property(fc.string(), (text) => expect(parseId('event', text)).toBeNull()));
  });
});

it('folding reaches Latin from other scripts', () => {
  expect(['Élan', 'Straße', 'Чайка'].map(foldToLatin)).toEqual(['elan', 'strasse', 'chayka']);
});

describe('cursors', () => {
  it('give back the key they were made of', () => {
    const cursor = encodeCursor('events', ['2026-01-01', 3, null]);
    expect(decodeCursor('events', 3, cursor)).toEqual(['2026-01-01', 3, null]);
  });

  it('of another list, another length or no sense are refused', () => {
    const cursor = encodeCursor('events', ['a']);
    expect(() => decodeCursor('bookings', 1, cursor)).toThrow('invalid_cursor');
    expect(() => decodeCursor('events', 2, cursor)).toThrow('invalid_cursor');
    fc.assert(
      fc.property(fc.string(), (text) =>
        expect(() => decodeCursor('events', 1, text)).toThrow('invalid_cursor'),
      ),
    );
  });
});

describe('pooled randomness', () => {
  it('never gives the same bytes twice, also across fillings of the pool', () => {
    const drawn = Array.from({ length: 5000 }, () => pooledRandom(8));
    const texts = new Set(drawn.map((bytes) => bytes.toString('hex')));
    expect(texts.size).toBe(5000);
    expect(texts).not.toContain('0000000000000000');
  });

  it('gives as many bytes as asked for, up to a pool', () => {
    expect([0, 1, 5, 8192].map((bytes) => pooledRandom(bytes).length)).toEqual([0, 1, 5, 8192]);
    expect(() => pooledRandom(8193)).toThrow(RangeError);
  });
});

it.each([
  [0.5, 0.5723649429247001],
  [1, 0],
  [10, 12.801827480081469],
  [171.5, 709.1431630309282],
  [1e5, 1051287.7089736566],
])('ln Γ(%d) is %d', (x, value) => {
  expect(Math.abs(logGamma(x) - value)).toBeLessThan(1e-13 * Math.max(10, Math.abs(value)));
});
