import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Refusal, refusals } from '#libs/kernel';
import { startTrace, traceHeaders } from '#libs/tracing';
import { randomUUID } from 'node:crypto';
import { PROBLEM_TYPE, problemOf } from '../domain/problem.js';

const CODES: Record<string, () => Refusal> = {
  HPE_HEADER_OVERFLOW: () => refusals.headers_too_large('The request line and headers may have 16 KiB.'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () => refusals.payload_too_large('The extensions of a chunk are too long.'),
  ERR_HTTP_REQUEST_TIMEOUT: () => refusals.request_timeout('The request did not arrive in time.'),
};

/** Milliseconds that a client has to read the answer; ended at once, a connection that it still sends on would be reset before. */
const LAST_WORD_MS = 1000;

/** Answers what Node could not read as HTTP, where there is no request yet, and ends the connection. */
export function answerSocketError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal =
    CODES[error.code ?? '']?.() ?? refusals.malformed_request('This is not HTTP as RFC 9112 has it.');
  const trace = startTrace(undefined, randomUUID());
  const body = JSON.stringify(problemOf(refusal, '/', trace.traceId));
  const headers = {
    ...traceHeaders(trace),
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const { status } = refusal.kind;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  // Whoever goes on sending, a byte at a time, would keep the connection for good.
  setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
}
