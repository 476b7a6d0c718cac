import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import type { Projection, ProjectionWriter } from '#libs/outbox';
import type { Tx } from '#libs/sharding';
import { upsertUserBookings } from '../persistence/user-bookings.repository.js';

type BookingNews = 'booking.confirmed' | 'booking.canceled';

@Injectable()
export class UserBookingsWriter implements ProjectionWriter<BookingNews> {
  async apply(tx: Tx, events: DomainEvent<BookingNews>[]): Promise<void> {
    await upsertUserBookings(
      tx,
      events.map((e) => ({ version: e.subjectVersion, facts: e.payload })),
    );
  }
}

/** Which bookings a user has, over all shards. */
export const userBookings: Projection<BookingNews> = {
  name: 'user-bookings',
  types: ['booking.confirmed', 'booking.canceled'],
  use: UserBookingsWriter,
};
