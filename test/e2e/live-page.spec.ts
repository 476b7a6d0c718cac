import { Browser, type Page, findChromium, mayInstall } from '../support/browser.js';
import { LiveStage } from '../support/live.stage.js';

const missing = findChromium() === null && !mayInstall;
if (missing) console.warn('there is no Chromium here and none can be installed: the live page is not tested');

(missing ? describe.skip : describe)('the live page', () => {
  let stage: LiveStage;
  let browser: Browser;

  beforeAll(async () => {
    stage = await LiveStage.open({ apis: 2, workers: 1 });
    browser = await Browser.start();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });

  const seat = (id: string) => `.seat[data-id="${id}"]`;
  const statusOf = (id: string) => `document.querySelector('${seat(id)}')?.dataset.status`;
  const live = `document.querySelector('#connection')?.dataset.state === 'live'`;

  async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
    await page.type('#login [name=email]', email);
    await page.type('#login [name=password]', password);
    await page.click('#login [value=login]');
    await page.until(`!document.querySelector('#who').hidden && ${live}`);
  }

  it('turns a seat for everybody who looks, when one holds it, gives it back, and books it', async () => {
    const hall = await stage.publish();
    const [hers, his] = await Promise.all(
      [0, 1].map((api) => browser.open(`${stage.urls[api]}/live/${hall.id}`)),
    );
    const { id } = hall.seats[13]!;
    for (const page of [hers!, his!]) await page.until(`${live} && ${statusOf(id)} === 'free'`);
    expect(await hers!.evaluate(`document.querySelectorAll('button.seat').length`)).toBe(hall.seats.length);

    await signIn(hers!, await stage.signUp());
    await hers!.click(seat(id));
    await his!.until(`${statusOf(id)} === 'held'`);
    await hers!.until(
      `document.querySelector('${seat(id)}').dataset.mine && /^9:\\d\\d|10:00$/.test(document.querySelector('#holds .time').textContent)`,
    );
    await hers!.click('#holds .release');
    await his!.until(`${statusOf(id)} === 'free'`);

    await hers!.click(seat(id));
    await hers!.click('#holds .book');
    await his!.until(`${statusOf(id)} === 'booked'`);
    await his!.until(
      `[...document.querySelectorAll('#types .left')].some((e) => e.textContent === '19 of 20 left')`,
    );
    await hers!.until(`/Your booking .* is confirmed/.test(document.querySelector('#news').textContent)`);
    expect(await his!.evaluate(`document.querySelector('${seat(id)}').getAttribute('aria-label')`)).toBe(
      'Section A, row 2, seat 5: booked',
    );
    expect([...hers!.faults, ...his!.faults]).toEqual([]);
  });

  it('comes back by itself and has not missed anything', async () => {
    const hall = await stage.publish();
    const page = await browser.open(`${stage.urls[1]}/live/${hall.id}`);
    await page.until(live);
    await page.send('Network.emulateNetworkConditions', {
      offline: true,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
    const restarted = stage.stack.apis[1]!.restart();
    await page.until(`!(${live})`);
    const ada = await stage.signUp();
    const { id } = hall.seats[0]!;
    await stage.bookSeat(hall, id, ada.token);
    await restarted;
    await page.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
    await page.until(`${live} && ${statusOf(id)} === 'booked'`);
  });

  it('draws two thousand seats, and can be used with the keyboard alone', async () => {
    const rows = Array.from({ length: 40 }, (_, row) => ({ name: `${row + 1}`, seats: 50 }));
    const hall = await stage.publish({ seatMap: { sections: [{ name: 'A', ticketType: 'Stalls', rows }] } });
    const page = await browser.open(`${stage.urls[0]}/live/${hall.id}`);
    await page.until(`${live} && document.querySelectorAll('button.seat').length === 2000`);
    await signIn(page, await stage.signUp());
    expect(await page.evaluate(`document.querySelectorAll('button.seat[tabindex="0"]').length`)).toBe(1);
    await page.evaluate(`document.querySelector('button.seat[tabindex="0"]').focus()`);
    await page.press('ArrowDown');
    await page.press('ArrowRight');
    const id = hall.seats[51]!.id;
    expect(await page.evaluate(`document.activeElement.dataset.id`)).toBe(id);
    await page.evaluate('document.activeElement.click()');
    await page.until(`${statusOf(id)} === 'held' && document.querySelector('${seat(id)}').dataset.mine`);
    expect(page.faults).toEqual([]);
  });

  it('runs no script and no style but its own', async () => {
    const { headers } = await fetch(`${stage.urls[0]}/live/evt_01kb2m5v00ezzr0r0h3a4d6n8q`);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|http/);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect((await fetch(`${stage.urls[0]}/live/assets/other.js`)).status).toBe(404);
    expect((await fetch(`${stage.urls[0]}/live/nonsense`)).status).toBe(404);
  });
});
