export { subscriberOf } from './domain/address.js';
export { type Limits, Limited, limitsOf } from './http/limited.decorator.js';
export { shedRequests } from './http/shed.hook.js';
export { admitUnrouted, throttleRequests } from './http/throttle.hook.js';
export { LimitStorage } from './limits.storage.js';
export { LoadShedder } from './load-shedder.service.js';
export { type Identify, type LimitReport, RateLimiter } from './rate-limiter.service.js';
export { ThrottlingModule } from './throttling.module.js';
