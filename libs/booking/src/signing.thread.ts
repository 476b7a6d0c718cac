import { type KeyObject, sign } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

// In: messages of `length` bytes each, one after another. Out: their Ed25519 signatures, in the same order.
const { key, length } = workerData as { key: KeyObject; length: number };

parentPort!.on('message', (messages: Uint8Array) => {
  const signatures: Uint8Array[] = [];
  for (let at = 0; at < messages.length; at += length) {
    signatures.push(sign(null, messages.subarray(at, at + length), key));
  }
  parentPort!.postMessage(new Uint8Array(Buffer.concat(signatures)));
});
