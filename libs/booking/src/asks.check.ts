import { type Ask, inventoryRefusals } from '#libs/inventory';

/** More of one thing than anybody is ever sold at once. */
const MAX_QUANTITY = 10_000;

/** Hostile quantities need no turn in the lane to be refused: throws `quantity_out_of_range`. */
export function requireQuantities(asks: readonly Ask[]): void {
  for (const { quantity } of asks) {
    if (Number.isSafeInteger(quantity) && quantity >= 1 && quantity <= MAX_QUANTITY) continue;
    throw inventoryRefusals.quantity_out_of_range('A quantity is a whole number from 1 up.', { min: 1 });
  }
}
