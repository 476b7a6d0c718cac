import { defineRefusals } from '#libs/kernel';

export const realtimeRefusals = defineRefusals({
  upgrade_required: { status: 426, title: 'A WebSocket only' },
});
