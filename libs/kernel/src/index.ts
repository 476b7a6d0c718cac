export * from './domain/clock.js';
export * from './domain/fold.js';
export * from './domain/id.js';
export * from './domain/money.js';
export * from './domain/page.js';
export * from './domain/refusal.js';
export * from './domain/shard.js';
export * from './domain/slot.js';
