export { canonicalJson, fingerprintOf } from './domain/fingerprint.js';
export type { Answer, IdempotentRequest, Success } from './domain/request.js';
export { IdempotencyKey, type SentKey, sendAnswer, sentKeyOf } from './http/idempotency-key.header.js';
export { once } from './persistence/once.sql.js';
