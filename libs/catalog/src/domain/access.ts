import type { EventStatus } from './event.js';

/** Whoever asks, as far as events are concerned. Ids are UUIDs. */
export interface Viewer {
  organizationId: string | null;
  role: 'attendee' | 'organizer' | 'admin';
}

interface Owned {
  organizationId: string;
}

/** Whether the event is the viewer's to manage: its organizers', and every admin's. */
export function manages(viewer: Viewer | null, event: Owned): boolean {
  if (!viewer) return false;
  return (
    viewer.role === 'admin' || (viewer.role === 'organizer' && viewer.organizationId === event.organizationId)
  );
}

/** A draft is seen by those who manage it, everything else by all. */
export function sees(viewer: Viewer | null, event: Owned & { status: EventStatus }): boolean {
  return event.status !== 'draft' || manages(viewer, event);
}
