/** A ticket that came through the door. */
export interface CheckInRecord {
  bookingId: string;
  /** Which of the booking's admissions, from 1. */
  number: number;
  eventId: string;
  /** The user or api key that scanned it. */
  by: string;
  /** Milliseconds since 1970. */
  at: number;
}
