export { HandshakeAdapter } from './gateway/handshake.adapter.js';
export { HandshakeController } from './http/handshake.controller.js';
export { LivePageController } from './http/live-page.controller.js';
export { realtimeRefusals } from './realtime.errors.js';
export { RealtimeModule } from './realtime.module.js';
export { liveMessages } from './worker/live-messages.broadcast.js';
export { liveState } from './worker/live-state.broadcast.js';
export { RealtimeWorkerModule } from './worker/realtime-worker.module.js';
