import { Module } from '@nestjs/common';
import { CachingModule } from '#libs/caching';
import { IdentityModule } from '#libs/identity';
import { ConnectionCounts } from './gateway/connection-counts.client.js';
import { Connections } from './gateway/connections.service.js';
import { RealtimeGateway } from './gateway/realtime.gateway.js';
import { Subscriptions } from './gateway/subscriptions.service.js';
import { Hub } from './hub/hub.service.js';
import { LiveFeed } from './hub/live-feed.client.js';
import { Snapshots } from './hub/snapshots.service.js';
import { FollowedEntries } from './streams/followed-entries.client.js';
import { LiveStreams } from './streams/live-streams.client.js';

/** The gateway with all that stands behind it. Apps declare the controllers, and give the server a HandshakeAdapter. */
@Module({
  imports: [CachingModule, IdentityModule],
  providers: [
    LiveStreams,
    FollowedEntries,
    LiveFeed,
    Snapshots,
    Hub,
    ConnectionCounts,
    Connections,
    Subscriptions,
    RealtimeGateway,
  ],
  exports: [RealtimeGateway, Connections],
})
export class RealtimeModule {}
