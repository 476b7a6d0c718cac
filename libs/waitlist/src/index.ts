export { EventWaitlistController } from './http/event-waitlist.controller.js';
export { WaitlistController } from './http/waitlist.controller.js';
export { WaitlistModule } from './waitlist.module.js';
export { userWaitlistEntries } from './worker/user-entries.projection.js';
export { MirrorModule } from './mirror.module.js';
export { ListMirror } from './persistence/list.mirror.js';
export { listMirror } from './worker/list-mirror.broadcast.js';
