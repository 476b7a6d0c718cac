import { FrozenSessions, type Looked } from '../persistence/frozen.sessions.js';
import { LaneConnection } from '../persistence/lane.connection.js';
import type { LaneLimits } from './lane.limits.js';

/** A lane's connection, opened when it is needed, and who may speak on it. */
export class LaneSession {
  private connection: LaneConnection | null = null;
  /** Resolves when nobody is between BEGIN and COMMIT. */
  private floor: Promise<void> = Promise.resolve();
  private readonly url: string;
  private readonly application: string;
  private readonly frozen: FrozenSessions;

  constructor(
    { name, url }: { name: string; url: string },
    private readonly limits: Pick<LaneLimits, 'connect' | 'transaction'>,
    onLook: (result: Looked) => void,
  ) {
    this.url = url;
    this.application = `evently-lane-${name}`;
    this.frozen = new FrozenSessions(url, this.application, onLook);
  }

  /**
   * Runs work on the connection, which is cut if the work takes too long; the next work begins when this one has left the
   * floor, or is over. Throws when there is no connection.
   */
  async run<T>(work: (connection: LaneConnection, leaveFloor: () => void) => Promise<T>): Promise<T> {
    const leaveFloor = await this.enterFloor();
    let timer: NodeJS.Timeout | undefined;
    try {
      if (!this.connection?.usable)
        this.connection = await LaneConnection.open(this.url, this.application, this.limits.connect);
      const { connection } = this;
      timer = setTimeout(() => connection.destroy(), this.limits.transaction);
      return await this.unblocked(() => work(connection, leaveFloor));
    } finally {
      clearTimeout(timer);
      leaveFloor();
    }
  }

  /** Runs work that may have to wait for the lane, and for no frozen process. */
  async unblocked<T>(work: () => Promise<T>): Promise<T> {
    const stop = this.frozen.watch();
    try {
      return await work();
    } finally {
      stop();
    }
  }

  async close(): Promise<void> {
    if (this.connection?.usable) await this.connection.close();
  }

  private async enterFloor(): Promise<() => void> {
    const free = this.floor;
    let leave!: () => void;
    this.floor = new Promise((resolve) => (leave = resolve));
    await free;
    return leave;
  }
}
