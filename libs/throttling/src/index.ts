export { type Limits, Limited, limitsOf } from './http/limited.decorator.js';
export { admitUnrouted, throttleRequests } from './http/throttle.hook.js';
export { LimitStorage } from './limits.storage.js';
export { type Identify, type LimitReport, RateLimiter } from './rate-limiter.service.js';
export { ThrottlingModule } from './throttling.module.js';
