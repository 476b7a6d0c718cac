export type { RequestKey } from './domain/batch.js';
export type { BookedItem, BookingRecord } from './domain/booking-record.js';
export type { Ask } from './domain/command.js';
export { inventoryRefusals } from './inventory.errors.js';
export { Lanes } from './lanes.service.js';
export { InventoryModule } from './inventory.module.js';
export { type BookingAnswer, InventoryService } from './inventory.service.js';
export { BOOKING_COLUMNS, type BookingRow, bookingOf } from './persistence/booking.row.js';
export { type CapacityDelta, announceAvailability, resize } from './persistence/stock.repository.js';
