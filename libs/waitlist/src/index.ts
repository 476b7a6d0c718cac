export { EventWaitlistController } from './http/event-waitlist.controller.js';
export { WaitlistController } from './http/waitlist.controller.js';
export { WaitlistModule } from './waitlist.module.js';
export { userWaitlistEntries } from './worker/user-entries.projection.js';
