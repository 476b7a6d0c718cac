import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refusals } from '#libs/kernel';

type Done = (error: Error | null, body?: unknown) => void;

/**
 * JSON is the one media type. An empty body is no body, whatever its media type. What may stand in the JSON is
 * the input pipe's matter, after authentication.
 */
export function parseBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, parseJson);
  fastify.addContentTypeParser('*', refuseUnlessEmpty);
}

function parseJson(request: FastifyRequest, body: Buffer, done: Done): void {
  if (body.length === 0) return done(null, undefined);
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') return done(refusals.unsupported_media_type('Send the body uncompressed.'));
  if (!isUtf8(body)) return done(refusals.malformed_json('The body is not UTF-8.'));
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return done(refusals.malformed_json('The body is not JSON.'));
  }
  done(null, value);
}

function refuseUnlessEmpty(request: FastifyRequest, payload: FastifyRequest['raw'], done: Done): void {
  const type = request.headers['content-type'] ?? 'none';
  const refuse = () => {
    payload.off('end', accept).off('data', refuse);
    done(
      refusals.unsupported_media_type(
        `Send the body as application/json; the media type is ${type.slice(0, 100)}.`,
      ),
    );
  };
  const accept = () => {
    payload.off('data', refuse);
    done(null, undefined);
  };
  payload.once('data', refuse).once('end', accept);
}
