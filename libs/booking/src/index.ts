export { BookingModule } from './booking.module.js';
export { BookingsController } from './http/bookings.controller.js';
export { userBookings } from './worker/user-bookings.projection.js';
