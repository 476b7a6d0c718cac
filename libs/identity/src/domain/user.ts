import type { Role } from './caller.js';
import type { Channels } from './channels.js';

/** An account, without its password. */
export interface User {
  id: string;
  email: string;
  name: string;
  /** E.164 */
  phone: string | null;
  /** BCP 47 */
  locale: string;
  role: Role;
  /** Null for an attendee, also for one who was an organizer once. */
  organizationId: string | null;
  channels: Channels;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
