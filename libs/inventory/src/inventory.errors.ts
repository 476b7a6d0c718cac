import { defineRefusals } from '#libs/kernel';

/** Why the inventory declines, in order of precedence. */
export const inventoryRefusals = defineRefusals({
  capacity_below_taken: { status: 409, title: 'More places are taken than that' },
});
