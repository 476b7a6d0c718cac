export type { RequestKey } from './domain/batch.js';
export type { BookedItem, BookedSeat, BookingRecord } from './domain/booking-record.js';
export type { Ask } from './domain/command.js';
export type { CheckInRecord } from './domain/check-in-record.js';
export type { HoldRecord } from './domain/hold-record.js';
export type { WaitlistSettings } from './domain/inventory.js';
export type { SeatPlace, SeatPlan } from './domain/seats/seat-plan.js';
export { type EntryRecord, isLiving, rankOf } from './domain/waitlist/entry-record.js';
export { type ListState, type WaitingFor, whatFor } from './domain/waitlist/waiting-for.js';
export { endOfWaiting } from './domain/waitlist/waitlist-settings.js';
export { SectionSeats, type SeatStatus, type StoredSection } from './domain/seats/section-seats.js';
export { inventoryRefusals } from './inventory.errors.js';
export { SHOWN, availabilityKey, counterOf } from './lane/live.availability.js';
export { Lanes } from './lanes.service.js';
export { InventoryModule } from './inventory.module.js';
export {
  type BookingAnswer,
  type CheckInAnswer,
  type EntryAnswer,
  type HoldAnswer,
  InventoryService,
} from './inventory.service.js';
export { BOOKING_COLUMNS, type BookingRow, bookingOf } from './persistence/booking.row.js';
export { ENTRY_COLUMNS, type EntryRow, entryOf } from './persistence/entry.row.js';
export { HOLD_COLUMNS, type HoldRow, holdOf } from './persistence/hold.row.js';
export { countLiveBookings } from './persistence/live-bookings.repository.js';
export { lockInventory } from './persistence/locks.repository.js';
export {
  addSectionSeats,
  blockSeats,
  deleteSectionSeats,
  requireCurrentPlan,
} from './persistence/section-seats.repository.js';
export { changeWaitlist } from './persistence/waitlist-settings.repository.js';
export { type CapacityDelta, announceAvailability, resize } from './persistence/stock.repository.js';
export { InventoryWorkerModule } from './worker/inventory-worker.module.js';
export { waitlistMilestones } from './worker/milestones.broadcast.js';
