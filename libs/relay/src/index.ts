export { DEFAULT_PACE, type Pace } from './domain/pace.js';
export type { RetentionRule } from './persistence/retention.sql.js';
export { RelayModule } from './worker/relay.module.js';
export { EffectQueues } from './worker/effect-queues.service.js';
export type { RelayOptions } from './worker/options.types.js';
export { Relay } from './worker/relay.service.js';
export { Retention } from './worker/retention.timer.js';
