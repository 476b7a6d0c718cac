import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { Child } from '../../apps/cli/src/local-stack/index.js';

const PLACES = ['chromium', 'chromium-headless-shell', 'google-chrome'].map((name) => `/usr/bin/${name}`);
const WITHIN_MS = 60_000;

/** The Chromium of this machine, or null; `npm test` installs Debian's where it can. */
export function findChromium(): string | null {
  return PLACES.find((path) => existsSync(path)) ?? null;
}

/** Whether `npm test` could have installed it: then a test without it has failed. */
export const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

interface Reply {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: any;
  result?: any;
  error?: { message: string };
}

/** A headless Chromium, spoken to by the DevTools protocol. */
export class Browser {
  private readonly waiting = new Map<
    number,
    { resolve: (result: any) => void; reject: (error: Error) => void }
  >();
  private readonly pages = new Map<string, Page>();
  private last = 0;

  private constructor(
    private readonly child: Child,
    private readonly socket: WebSocket,
    private readonly folder: string,
  ) {
    socket.on('message', (data: Buffer) => this.take(JSON.parse(data.toString()) as Reply));
  }

  static async start(): Promise<Browser> {
    const command = findChromium();
    if (!command) throw new Error('there is no Chromium: apt-get install chromium-headless-shell');
    const folder = mkdtempSync(join(tmpdir(), 'evently-browser-'));
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--remote-debugging-port=0',
    ];
    const child = await Child.start({
      command,
      args: [...args, `--user-data-dir=${folder}`, 'about:blank'],
      env: { PATH: process.env.PATH, HOME: folder },
    });
    const socket = new WebSocket(await addressOf(child));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Browser(child, socket, folder);
  }

  /** A page of somebody with no cookies and no storage in common with anybody. */
  async open(url: string): Promise<Page> {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.pages.set(sessionId, page);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network'])
      await this.send(`${domain}.enable`, {}, sessionId);
    await this.send('Page.navigate', { url }, sessionId);
    return page;
  }

  async close(): Promise<void> {
    this.socket.terminate();
    await this.child.stop(['SIGTERM', 10_000]);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private send(method: string, params: object = {}, sessionId?: string): Promise<any> {
    const id = ++this.last;
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  private take({ id, sessionId, method, params, result, error }: Reply): void {
    if (id !== undefined) {
      const { resolve, reject } = this.waiting.get(id)!;
      this.waiting.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    } else if (sessionId) this.pages.get(sessionId)?.note(method!, params);
  }
}

export class Page {
  /** What the page, or the browser about it, complained of: exceptions, refused scripts, answers past 399. */
  readonly faults: string[] = [];

  constructor(readonly send: (method: string, params?: object) => Promise<any>) {}

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const asked = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', asked);
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value as T;
  }

  /** Waits until the expression is true of the page. */
  async until(expression: string): Promise<void> {
    for (const end = Date.now() + WITHIN_MS; !(await this.evaluate<boolean>(`Boolean(${expression})`));) {
      if (Date.now() > end) {
        const text = await this.evaluate<string>('document.body.innerText.slice(0, 1500)');
        throw new Error(
          `not within a minute: ${expression}; faults: ${this.faults.join('; ')}; the page says: ${text}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Clicks in the middle of the first element of a selector, as a mouse does. */
  async click(selector: string): Promise<void> {
    const element = `document.querySelector(${JSON.stringify(selector)})`;
    await this.until(element);
    const { x, y } = await this.evaluate<{ x: number; y: number }>(
      `(${element}.scrollIntoView({ block: 'center' }), (({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))(${element}.getBoundingClientRect()))`,
    );
    for (const type of ['mousePressed', 'mouseReleased']) {
      await this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }
  }

  async type(selector: string, text: string): Promise<void> {
    await this.click(selector);
    await this.send('Input.insertText', { text });
  }

  async press(key: string): Promise<void> {
    for (const type of ['keyDown', 'keyUp']) await this.send('Input.dispatchKeyEvent', { type, key });
  }

  note(method: string, params: any): void {
    if (method === 'Runtime.exceptionThrown')
      this.faults.push(params.exceptionDetails.exception?.description ?? 'thrown');
    if (method === 'Log.entryAdded' && params.entry.level === 'error') this.faults.push(params.entry.text);
  }
}

/** Where it listens, as it writes when it has started. */
function addressOf(child: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error(`Chromium does not start: ${output}`)), WITHIN_MS);
    child.process.stderr!.on('data', (data: Buffer) => {
      output += data.toString();
      const [, address] = /DevTools listening on (ws:\S+)/.exec(output) ?? [];
      if (!address) return;
      clearTimeout(timer);
      resolve(address);
    });
    void child.ended.then((how) => {
      clearTimeout(timer);
      reject(new Error(`Chromium ended with ${how}: ${output}`));
    });
  });
}
