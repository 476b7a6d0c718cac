import type { Ask } from '#libs/inventory';
import { type FieldError, validationFailed } from '#libs/kernel';
import type { ItemRequestDto } from './booking.dto.js';

/** What the items ask for; throws `validation_failed` for members that do not go together. */
export function toAsks(items: readonly ItemRequestDto[]): Ask[] {
  const errors: FieldError[] = [];
  const asks = items.flatMap((item, index): Ask[] => {
    const wrong = wrongMember(item);
    if (wrong) errors.push({ path: `items.${index}.${wrong.member}`, message: wrong.message });
    return wrong ? [] : [toAsk(item)];
  });
  if (errors.length) throw validationFailed(errors);
  return asks;
}

function wrongMember(item: ItemRequestDto): { member: string; message: string } | null {
  const { quantity, seatIds, bestAvailable } = item;
  const chosen = ['quantity', 'bestAvailable', 'section', 'allowSplit'] as const;
  const besides = seatIds && chosen.find((member) => item[member] !== undefined);
  if (besides) return { member: besides, message: 'must not be given with seatIds' };
  if (!seatIds && quantity === undefined) {
    return { member: 'quantity', message: 'must be a number, unless seatIds are given' };
  }
  const refined = (['section', 'allowSplit'] as const).find((member) => item[member] !== undefined);
  if (!bestAvailable && refined)
    return { member: refined, message: 'must be given with bestAvailable: true' };
  return null;
}

function toAsk({ ticketTypeId, quantity, seatIds, bestAvailable, section, allowSplit }: ItemRequestDto): Ask {
  if (seatIds) return { ticketTypeId, seatIds };
  if (bestAvailable) return { ticketTypeId, quantity: quantity!, bestAvailable, section, allowSplit };
  return { ticketTypeId, quantity: quantity! };
}
