import type { Components } from './openapi.types.js';

const text = { type: 'string' } as const;

/** What the answers of all operations share. */
export const components = {
  schemas: {
    Problem: {
      type: 'object',
      description: 'RFC 9457. `code` is stable; further members depend on it.',
      required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'traceId'],
      properties: {
        type: { ...text, format: 'uri-reference', description: 'Where the code is explained.' },
        title: { ...text, description: 'The same for each problem with this code.' },
        status: { type: 'integer', minimum: 400, maximum: 599 },
        detail: { ...text, description: 'What is wrong this time.' },
        instance: { ...text, description: 'The path that was asked for.' },
        code: { ...text, pattern: '^[a-z_]+$' },
        traceId: { ...text, description: 'To be quoted in a report; also in the header traceparent.' },
        errors: {
          type: 'array',
          description: 'The fields at fault.',
          items: {
            type: 'object',
            required: ['path', 'message'],
            properties: {
              path: { ...text, description: 'In dot notation; empty for the whole body.' },
              message: text,
            },
          },
        },
      },
      additionalProperties: true,
    },
  },
  headers: {
    RequestId: { description: "The caller's X-Request-Id, or a new one.", schema: text },
    TraceParent: { description: 'W3C Trace Context.', schema: text },
    ServerTiming: { description: 'Where the time went, in milliseconds.', schema: text },
    RateLimitPolicy: {
      description: 'The limits that bind this caller: draft-ietf-httpapi-ratelimit-headers-10.',
      schema: text,
      example: '"ip";q=1200;w=60, "endpoint";q=600;w=60',
    },
    RateLimit: {
      description: 'How they stand: r requests left, t seconds.',
      schema: text,
      example: '"ip";r=1199;t=30, "endpoint";r=599;t=12',
    },
    RetryAfter: { description: 'Seconds.', schema: { type: 'integer' } },
    IdempotencyReplayed: {
      description: '`true` when this answers an earlier request with the same key.',
      schema: text,
    },
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description:
        'A name for this request, at most once a caller: a retry with it is answered, not done again.',
      schema: { ...text, minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
      example: '0b6f5b7e-6f1c-4a53-9a52-6f1f0e0b9d11',
    },
  },
} satisfies Components;

/** On every answer of the API proper. */
export const answerHeaders = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  traceparent: { $ref: '#/components/headers/TraceParent' },
  'Server-Timing': { $ref: '#/components/headers/ServerTiming' },
};

export const limitHeaders = {
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
};
