export { admit, throttleRequests } from './http/throttle.hook.js';
export { RateLimiter } from './rate-limiter.service.js';
export { ThrottlingModule } from './throttling.module.js';
