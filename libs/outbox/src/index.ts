export { append, appendOnMaster } from './persistence/append.sql.js';
export type {
  Broadcast,
  Broadcaster,
  Delivery,
  Effect,
  EffectRunner,
  Projection,
  ProjectionWriter,
} from './worker/consumer.types.js';
export { type Backlog, readBacklog } from './persistence/backlog.sql.js';
export {
  type QueueStatistics,
  readQueueStatistics,
  writeQueueStatistics,
} from './persistence/queue-statistics.sql.js';
