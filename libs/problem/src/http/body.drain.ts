import type { IncomingMessage } from 'node:http';

/** How much of a refused body is read past, and for how long, before the connection is cut instead. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_MS = 10_000;

/**
 * Reads past the rest of a body that nobody wants, so that the client gets to read the answer: most send all of
 * a body first, and an answer on a closed connection is lost. Resolves with whether the body came to its end.
 */
export function drain(request: IncomingMessage): Promise<boolean> {
  if (ended(request)) return Promise.resolve(true);
  return new Promise((resolve) => {
    let bytes = 0;
    const settle = () => {
      clearTimeout(timer);
      request.off('data', count).off('end', settle).off('close', settle);
      resolve(ended(request));
    };
    const count = (chunk: Buffer | string) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) settle();
    };
    const timer = setTimeout(settle, MAX_MS);
    request.on('data', count).once('end', settle).once('close', settle).resume();
  });
}

function ended(request: IncomingMessage): boolean {
  return request.complete || request.readableEnded;
}
