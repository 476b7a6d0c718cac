import { type Logger, destination, pino } from 'pino';
import type { Config } from '#libs/config';
import { currentTrace } from './trace.context.js';

/** Members that never reach the log, wherever they stand in what is logged (down to the third level). */
const SECRETS = [
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'idempotency-key',
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
  'jwtSecret',
  'signingKey',
];

/**
 * The log of a process: a line of JSON an entry, with the trace and the request it belongs to, without secrets.
 * Lines go to standard output, written behind the back of the request.
 */
export function openLog(
  config: Config,
  stream: pino.DestinationStream = destination({ fd: 1, sync: false }),
): Logger {
  return pino(
    {
      level: config.log.level,
      base: { process: config.processName, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
        censor: '[secret]',
      },
      mixin: traceMembers,
    },
    stream,
  );
}

function traceMembers(): object {
  const trace = currentTrace();
  if (!trace) return {};
  const { traceId, requestId, userId } = trace;
  return { traceId, ...(requestId !== null && { requestId }), ...(userId !== null && { userId }) };
}
