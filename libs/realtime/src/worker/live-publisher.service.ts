import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { counter } from '#libs/tracing';
import { LiveStreams, type Outcome, type Publication } from '../streams/live-streams.client.js';

/** Between two tries to tell everybody that messages were lost. */
const RECOVER_MS = 500;

/**
 * Publishes, as long as Redis is there. While it is away messages are lost, and not kept: when it answers again everybody
 * starts anew with a snapshot.
 */
@Injectable()
export class LivePublisher implements OnApplicationShutdown {
  private readonly log = new Logger(LivePublisher.name);
  private recovering: NodeJS.Timeout | null = null;
  private readonly published = counter('live_published_total', 'Live messages, by what became of them.', [
    'outcome',
  ]);

  constructor(private readonly streams: LiveStreams) {}

  /** What became of each; null when they are lost. Never throws. */
  async publish(publications: readonly Publication[]): Promise<Outcome[] | null> {
    if (!publications.length) return [];
    if (this.recovering) return this.lose(publications.length);
    try {
      const outcomes = await this.streams.publish(publications);
      for (const outcome of outcomes)
        this.published.inc({ outcome: typeof outcome === 'object' ? 'paced' : outcome });
      return outcomes;
    } catch (error) {
      this.log.warn(`Redis is away, live messages are lost: ${(error as Error).message}`);
      this.recoverSoon();
      return this.lose(publications.length);
    }
  }

  onApplicationShutdown(): void {
    if (this.recovering) clearTimeout(this.recovering);
  }

  private lose(count: number): null {
    this.published.inc({ outcome: 'lost' }, count);
    return null;
  }

  private recoverSoon(): void {
    this.recovering = setTimeout(() => void this.recover(), RECOVER_MS);
    this.recovering.unref();
  }

  private async recover(): Promise<void> {
    try {
      await this.streams.beginEpoch();
      this.recovering = null;
      this.log.log('Redis answers: everybody who follows something gets a snapshot');
    } catch {
      // Still away; said when it went.
      this.recoverSoon();
    }
  }
}
