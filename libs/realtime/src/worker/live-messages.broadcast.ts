import { Injectable } from '@nestjs/common';
import type { DomainEvent } from '#libs/contracts';
import type { Broadcast, Broadcaster } from '#libs/outbox';
import { MESSAGE_TYPES, type MessageType, messagesOf } from '../live-message.mapping.js';
import { LivePublisher } from './live-publisher.service.js';

/** Tells each thing that happened, once. */
@Injectable()
export class LiveMessages implements Broadcaster<MessageType> {
  constructor(private readonly publisher: LivePublisher) {}

  async tell(events: DomainEvent<MessageType>[]): Promise<void> {
    // In the order in which they happened: ids begin with their time.
    const inOrder = events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    await this.publisher.publish(
      inOrder.flatMap((event) =>
        messagesOf(event).map((message) => ({ ...message, guard: { once: event.id } })),
      ),
    );
  }
}

export const liveMessages: Broadcast<MessageType> = {
  name: 'live-messages',
  types: MESSAGE_TYPES,
  use: LiveMessages,
};
