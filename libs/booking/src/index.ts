export { BookingModule } from './booking.module.js';
export { AdmissionsController } from './http/admissions.controller.js';
export { BookingsController } from './http/bookings.controller.js';
export { HoldsController } from './http/holds.controller.js';
export { OffersController } from './http/offers.controller.js';
export { userBookings } from './worker/user-bookings.projection.js';
