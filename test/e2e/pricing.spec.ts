import { type Account, AccountsClient } from './accounts.client.js';

let client: AccountsClient;
let organizer: Account;

beforeAll(async () => {
  client = await AccountsClient.open();
  organizer = await client.organizer();
});
afterAll(async () => {
  await client?.close();
});

const post = (path: string, body: object) =>
  client.call('POST', `/v1/pricing/${path}`, body, { token: organizer.accessToken });

const optimize = (
  arrivalRate: number,
  priceSensitivity: number,
  timeLeft: number,
  remaining: number,
): ReturnType<typeof post> =>
  post('optimize', {
    demand: { model: 'exponential', arrivalRate, priceSensitivity },
    remaining,
    timeLeft,
  });

const MARKET = {
  units: 50,
  days: 20,
  lowestPrice: 10,
  highestPrice: 300,
  medianLevel: 200,
  sdLogLevel: 0.6,
  medianWorth: 40,
  sdLogWorth: 0.35,
};
const ORDER = { market: MARKET, policy: 'Bayes', events: 20, seed: 7 };

describe('POST /v1/pricing/optimize', () => {
  // Gallego and van Ryzin's closed form, calculated with 50 digits.
  it.each([
    [1, 1, 1, 1, 1.31326168751822, 0.31326168751822],
    [1, 1, 10, 5, 1.18657345876218, 3.4962007064438],
    [20, 0.05, 1, 10, 21.96245457760181, 144.46213275650562],
    [20, 0.05, 10, 25, 41.98124665777247, 997.19138205295897],
    [200, 0.02, 30, 2000, 55.15211402856717, 109741.44202826742],
  ])('%d arrivals, sensitivity %d, time %d, %d left', async (a, alpha, t, n, price, revenue) => {
    const { status, body } = await optimize(a, alpha, t, n);
    expect(status).toBe(200);
    expect(Math.abs(body.price / price - 1)).toBeLessThan(1e-9);
    expect(Math.abs(body.expectedRevenue / revenue - 1)).toBeLessThan(1e-9);
  });

  it('gives plain numbers for 100,000 units, and no price where nothing remains', async () => {
    const { body } = await optimize(1e4, 0.02, 30, 100_000);
    expect(body.price).toBeGreaterThan(50); // 1/α, and scarcity adds to it
    expect(body.price).toBeLessThan(1000);
    expect((await optimize(1, 1, 1, 0)).body).toEqual({ price: null, expectedRevenue: 0 });
  });

  it('refuses what is no demand', async () => {
    for (const wrong of [
      await optimize(-1, 1, 1, 1),
      await optimize(1, 0, 1, 1),
      await optimize(1, 1, 1, 0.5),
    ]) {
      expect([wrong.status, wrong.body.code]).toEqual([422, 'validation_failed']);
    }
  });
});

describe('POST /v1/pricing/simulate', () => {
  it('measures a policy against the fixed price and the clairvoyant, the same for the same seed', async () => {
    const { status, body } = await post('simulate', ORDER);
    expect(status).toBe(200);
    const { ofFixed, ofClairvoyant } = body;
    expect(ofFixed.low).toBeLessThan(ofFixed.value);
    expect(ofFixed.value).toBeLessThan(ofFixed.high);
    expect(ofClairvoyant.value).toBeGreaterThan(0.85);
    expect(ofFixed.value).toBeGreaterThan(1);
    expect((await post('simulate', ORDER)).body).toEqual(body);
    expect((await post('simulate', { ...ORDER, seed: 8 })).body).not.toEqual(body);
  });

  it('refuses more work than one request may ask for, and bounds that are none', async () => {
    const large = await post('simulate', { ...ORDER, market: { ...MARKET, days: 365 } });
    expect([large.status, large.body.errors[0].path]).toEqual([422, 'events']);
    const crossed = await post('simulate', { ...ORDER, market: { ...MARKET, lowestPrice: 300 } });
    expect([crossed.status, crossed.body.errors[0].path]).toEqual([422, 'market.highestPrice']);
    expect((await post('simulate', { ...ORDER, policy: 'luck' })).status).toBe(422);
  });

  it('answers others meanwhile, and refuses a second simulation in the same process', async () => {
    const slow = { ...ORDER, market: { ...MARKET, days: 60, medianLevel: 600, units: 150 }, events: 200 };
    const both = [post('simulate', slow), post('simulate', slow)];
    // Were the thread's work done in the event loop, the refusal could not come first.
    const refused = await Promise.race(both);
    expect([refused.status, refused.body.code]).toEqual([503, 'overloaded']);
    expect((await client.call('GET', '/health/live')).status).toBe(200);
    const statuses = (await Promise.all(both)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 503]);
  });
});
