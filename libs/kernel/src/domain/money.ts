/** An amount in integer minor units (cents) of an ISO 4217 currency. */
export interface Money {
  amount: number;
  currency: string;
}

/** The largest amount that is accepted: 10^11 minor units, so that sums of 10,000 stay exact integers. */
export const MAX_AMOUNT = 100_000_000_000;

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Whether the text is the code of an ISO 4217 currency, in upper case. */
export function isCurrency(code: unknown): code is string {
  return typeof code === 'string' && CURRENCIES.has(code);
}

/** The sum of `quantity · amount`; all of one currency. */
export function total(currency: string, lines: readonly { quantity: number; amount: number }[]): Money {
  const amount = lines.reduce((sum, line) => sum + line.quantity * line.amount, 0);
  if (!Number.isSafeInteger(amount)) throw new RangeError('the total is beyond exact integers');
  return { amount, currency };
}
