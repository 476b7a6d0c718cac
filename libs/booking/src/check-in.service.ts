import { Injectable } from '@nestjs/common';
import { type CheckInAnswer, InventoryService } from '#libs/inventory';
import { refusals } from '#libs/kernel';
import { Shards } from '#libs/sharding';
import { type Booker, type SentKey, keyOf } from './booker.types.js';
import { findBookings } from './persistence/bookings.repository.js';
import { Tickets } from './tickets.service.js';

/** The door. */
@Injectable()
export class CheckInService {
  constructor(
    private readonly inventory: InventoryService,
    private readonly shards: Shards,
    private readonly tickets: Tickets,
  ) {}

  /**
   * Lets a ticket in, once. Throws `not_found` for a code that is not ours or of an event that the caller does not
   * manage, `already_checked_in` (with `checkedInAt`), `admission_canceled`.
   */
  async checkIn(booker: Booker, code: string, sent: SentKey | null): Promise<CheckInAnswer> {
    const claims = this.tickets.read(code);
    if (!claims) throw noSuchTicket();
    const { bookingId, eventId, number } = claims;
    const [booking] = await this.shards
      .ofId(bookingId)
      .onPrimary(({ sql }) => findBookings(sql, [bookingId]));
    if (!booking || !booker.manages(booking.organizationId)) throw noSuchTicket();
    return this.inventory.checkIn({ bookingId, eventId, number, by: booker.callerId }, keyOf(booker, sent));
  }
}

function noSuchTicket() {
  return refusals.not_found('There is no such ticket at an event of yours.');
}
