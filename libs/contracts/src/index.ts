export * from './domain/domain-event.js';
