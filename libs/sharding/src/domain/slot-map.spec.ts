import { SLOT_COUNT, slotOfTitle } from '#libs/kernel';
import { FIRST_SLOT_MAP, SlotMap } from './slot-map.js';

describe('the slot map', () => {
  it('gives A–F, G–M, N–S and T–Z to shards 1 to 4', () => {
    const map = new SlotMap(1, FIRST_SLOT_MAP);
    const shards = ['Aida', 'Fz', 'Ga', 'Mz', 'Na', 'Sz', 'Ta', 'Zz'].map((title) =>
      map.shardOf(slotOfTitle(title)),
    );
    expect(shards).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  });

  it('is refused when a slot has two owners, or none', () => {
    const [first, ...rest] = FIRST_SLOT_MAP;
    expect(() => new SlotMap(2, [...FIRST_SLOT_MAP, { fromSlot: 5, toSlot: 5, shardId: 2 }])).toThrow(
      'two owners',
    );
    expect(() => new SlotMap(2, rest)).toThrow('slot 0 has no owner');
    expect(() => new SlotMap(2, [{ ...first!, toSlot: first!.toSlot - 1 }, ...rest])).toThrow(
      'slot 161 has no owner',
    );
  });

  it('knows no slot outside the alphabet', () => {
    expect(() => new SlotMap(1, FIRST_SLOT_MAP).shardOf(SLOT_COUNT)).toThrow(RangeError);
  });
});
