/** Priorities are 0 to 100; with the order of joining below 2^40 a rank stays exact in a double. */
const HIGHEST_PRIORITY = 100;
const JOINED_LIMIT = 2 ** 40;

/** A waitlist entry as it is stored. Times in milliseconds since 1970. */
export interface EntryRecord {
  id: string;
  eventId: string;
  ticketTypeId: string;
  userId: string;
  quantity: number;
  /** 0 to 100, higher first. */
  priority: number;
  /** Which of the event's entries it is, from 1, in the order of joining. */
  joined: number;
  status: 'waiting' | 'offered' | 'accepted' | 'declined' | 'expired' | 'left';
  version: number;
  /** How many promotion passes have passed it over, counted to 3. */
  passes: number;
  /** When it began to gather, which it does once; null before. */
  gatheringSince: number | null;
  /** While it gathers: the end of that at the latest. */
  gatheringUntil: number | null;
  /** Places that are kept for it alone. */
  gathered: number;
  /** The hold that is, or would be, its offer. */
  holdId: string;
  joinedAt: number;
  offeredAt: number | null;
  endedAt: number | null;
}

/** The one order of a list, as the database generates it too: a higher priority first, then who joined first. */
export function rankOf({ priority, joined }: Pick<EntryRecord, 'priority' | 'joined'>): number {
  return (HIGHEST_PRIORITY - priority) * JOINED_LIMIT + joined;
}

/** Whether the person still waits or has an offer. */
export function isLiving({ status }: EntryRecord): boolean {
  return status === 'waiting' || status === 'offered';
}
