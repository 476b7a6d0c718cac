import { Module } from '@nestjs/common';
import { CachingModule } from '#libs/caching';
import { LiveStreams } from '../streams/live-streams.client.js';
import { LivePublisher } from './live-publisher.service.js';

/** What the broadcasts inject; only the worker's relay publishes. */
@Module({
  imports: [CachingModule],
  providers: [LiveStreams, LivePublisher],
  exports: [LiveStreams, LivePublisher],
})
export class RealtimeWorkerModule {}
