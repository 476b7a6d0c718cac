export * from './domain/forecast/booking-ledger.js';
export * from './domain/forecast/forecaster.js';
export * from './domain/forecast/occasions.js';
export * from './domain/forecast/scoreboard.js';
export * from './domain/price/optimal-price.js';
