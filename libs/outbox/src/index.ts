export { append, appendOnMaster } from './persistence/append.sql.js';
export type {
  Delivery,
  Effect,
  EffectRunner,
  Projection,
  ProjectionWriter,
} from './worker/consumer.types.js';
