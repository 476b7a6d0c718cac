import type { KeyObject } from 'node:crypto';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SIGNATURE_BYTES, SIGNED_BYTES } from './domain/ticket-code.js';

/** As it stands under Jest, as it is compiled elsewhere. */
const THREAD = new URL(`./signing.thread${extname(import.meta.filename)}`, import.meta.url);
/** Signatures a message: enough to make its cost small, and few enough that the first callers need not wait for the last. */
const TOGETHER = 32;

interface Signing {
  data: Buffer;
  resolve: (signature: Buffer) => void;
  reject: (error: Error) => void;
}

/**
 * Signs in a thread of its own what is asked for in one turn of the event loop. A signature takes 21 µs; each as a job of
 * Node's pool took as much again to hand over, half of it from the event loop.
 */
export class TicketSigner {
  private thread: Worker | null = null;
  private gathered: Signing[] = [];
  /** By message, in the order in which the thread answers. */
  private sent: Signing[][] = [];

  constructor(private readonly key: KeyObject) {}

  /** @param data `SIGNED_BYTES` bytes */
  sign(data: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (!this.gathered.length) setImmediate(() => this.send());
      this.gathered.push({ data, resolve, reject });
    });
  }

  async close(): Promise<void> {
    await this.thread?.terminate();
  }

  private send(): void {
    const { gathered } = this;
    this.gathered = [];
    this.thread ??= this.start();
    // Whoever waits keeps the process running; the thread alone does not.
    this.thread.ref();
    for (let at = 0; at < gathered.length; at += TOGETHER) {
      const together = gathered.slice(at, at + TOGETHER);
      this.sent.push(together);
      this.thread.postMessage(Buffer.concat(together.map(({ data }) => data)));
    }
  }

  private start(): Worker {
    const thread = new Worker(THREAD, {
      workerData: { key: this.key, length: SIGNED_BYTES },
      execArgv: [],
    });
    thread.on('message', (signatures: Uint8Array) => this.answer(Buffer.from(signatures.buffer)));
    thread.on('error', (error: Error) => this.lose(thread, error));
    thread.on('exit', (code) =>
      this.lose(thread, new Error(`the thread that signs tickets ended with ${code}`)),
    );
    return thread;
  }

  private answer(signatures: Buffer): void {
    const together = this.sent.shift()!;
    together.forEach(({ resolve }, i) =>
      resolve(signatures.subarray(i * SIGNATURE_BYTES, (i + 1) * SIGNATURE_BYTES)),
    );
    if (!this.sent.length) this.thread?.unref();
  }

  /** Nobody shall wait for a thread that is gone; the next signature starts another. */
  private lose(thread: Worker, error: Error): void {
    // It tells of its error and then of its end: by then there may be another, whose signatures are not lost.
    if (this.thread !== thread) return;
    this.thread = null;
    const { sent } = this;
    this.sent = [];
    for (const { reject } of sent.flat()) reject(error);
  }
}
