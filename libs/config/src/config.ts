import type { ShardId } from '#libs/kernel';
import { EnvironmentReader } from './environment.reader.js';

/** A database's servers as `postgres://` URLs; `replica` null when there is none. */
export interface DatabaseUrls {
  primary: string;
  replica: string | null;
}

/** Everything that a process may be told from outside. Read once, before Nest starts. */
export interface Config {
  /** Which process this is, for logs, metrics and connection names. */
  processName: 'api' | 'worker' | 'cli';
  http: {
    host: string;
    port: number;
    /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed. */
    trustedProxies: string[];
    /** Bytes of a body; creating an event may send `eventBodyLimit`. */
    bodyLimit: number;
    eventBodyLimit: number;
  };
  /** Port of the worker's health and metrics. */
  workerPort: number;
  log: { level: string; pretty: boolean };
  auth: {
    /** At least 32 characters; signs access tokens (HS256). */
    jwtSecret: string;
    accessSeconds: number;
    refreshSeconds: number;
    admin: { email: string; password: string } | null;
  };
  tickets: {
    /** PEM of an Ed25519 private key (PKCS 8), which signs the codes of admissions. */
    signingKey: string;
  };
  databases: {
    master: DatabaseUrls;
    shards: Record<ShardId, DatabaseUrls>;
    /** Connections of this process to all primaries and replicas together. */
    connections: number;
  };
  redis: { url: string };
  lane: {
    /** Whether processes that share a lane take turns by a lock in Redis, or leave that to the row lock. */
    lock: 'redis' | 'none';
  };
  throttle: {
    profile: 'default' | 'relaxed';
    /** Limits in place of the profile's, by name: so many requests in so many milliseconds. */
    limits: Record<string, { limit: number; ttl: number }>;
  };
  webhooks: { allowPrivate: boolean };
  waitlist: { offerSeconds: number };
}

/**
 * The configuration in these environment variables. Throws one error that names every key at fault,
 * never a value.
 */
export function readConfig(processName: Config['processName'], env: NodeJS.ProcessEnv = process.env): Config {
  const read = new EnvironmentReader(env);
  const database = (name: string): DatabaseUrls => ({
    primary: read.url(`${name}_URL`, ['postgres:', 'postgresql:']),
    replica: read.optionalUrl(`${name}_REPLICA_URL`, ['postgres:', 'postgresql:']),
  });
  const config: Config = {
    processName,
    http: {
      host: read.text('HOST', '0.0.0.0'),
      port: read.integer('PORT', 3000, 0, 65535),
      trustedProxies: read.list('TRUSTED_PROXIES'),
      bodyLimit: 1024 * 1024,
      eventBodyLimit: 8 * 1024 * 1024,
    },
    workerPort: read.integer('WORKER_PORT', 3001, 0, 65535),
    log: {
      level: read.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
      pretty: read.flag('LOG_PRETTY'),
    },
    auth: {
      jwtSecret: read.secret('JWT_SECRET', 32),
      accessSeconds: read.integer('ACCESS_TOKEN_SECONDS', 900, 1, 86_400),
      refreshSeconds: read.integer('REFRESH_TOKEN_SECONDS', 30 * 86_400, 60, 400 * 86_400),
      admin: read.pair('ADMIN_EMAIL', 'ADMIN_PASSWORD', (email, password) => ({ email, password })),
    },
    tickets: { signingKey: read.privateKey('TICKET_SIGNING_KEY') },
    databases: {
      master: database('MASTER'),
      shards: {
        1: database('SHARD_1'),
        2: database('SHARD_2'),
        3: database('SHARD_3'),
        4: database('SHARD_4'),
      },
      connections: read.integer('DATABASE_CONNECTIONS', 40, 20, 1000),
    },
    redis: { url: read.url('REDIS_URL', ['redis:', 'rediss:', 'unix:']) },
    lane: { lock: read.oneOf('LANE_LOCK', ['redis', 'none'] as const, 'redis') },
    throttle: {
      profile: read.oneOf('THROTTLE_PROFILE', ['default', 'relaxed'] as const, 'default'),
      limits: read.rates('THROTTLE_LIMITS'),
    },
    webhooks: { allowPrivate: read.flag('ALLOW_PRIVATE_WEBHOOKS') },
    waitlist: { offerSeconds: read.integer('WAITLIST_OFFER_SECONDS', 900, 1, 86_400) },
  };
  read.finish();
  return config;
}
