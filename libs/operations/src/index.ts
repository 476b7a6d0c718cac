export { CacheController } from './http/cache.controller.js';
export { LimitsController } from './http/limits.controller.js';
export { Health } from './health.service.js';
export { HealthController } from './http/health.controller.js';
export { MetricsController } from './http/metrics.controller.js';
export { QueuesController } from './http/queues.controller.js';
export { TracesController } from './http/traces.controller.js';
export { OperationsModule } from './operations.module.js';
