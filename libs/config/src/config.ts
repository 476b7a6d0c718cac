import type { ShardId } from '#libs/kernel';
import { EnvironmentReader } from './environment.reader.js';

/** A database's servers as `postgres://` URLs; `replica` null when there is none. */
export interface DatabaseUrls {
  primary: string;
  replica: string | null;
}

/** A collector that takes OTLP over HTTP as JSON, by the names that OpenTelemetry gives its settings. */
export interface OtlpConfig {
  /** With its path. */
  url: string;
  /** Sent along; may hold a secret. */
  headers: Record<string, string>;
  /** A request's, tries again included; milliseconds. */
  timeoutMs: number;
  /** Null: `evently-api`, `evently-worker`. */
  serviceName: string | null;
  resource: Record<string, string>;
  /** Spans that wait at most, go in one request, and milliseconds until fewer than that go too. */
  maxQueue: number;
  batch: number;
  everyMs: number;
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
    /** Sockets that are open at once, live ones among them; those that come on top are closed. */
    connections: number;
    /** Milliseconds that it goes on serving after a signal, not ready any more, before it stops accepting. */
    drainMs: number;
  };
  /** Port of the worker's health and metrics. */
  workerPort: number;
  log: { level: string; pretty: boolean };
  tracing: {
    /** Where spans go; null keeps them in this process's memory alone. */
    otlp: OtlpConfig | null;
  };
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
  cache: {
    /** Milliseconds that a read waits for Redis before it goes on without. */
    patienceMs: number;
  };
  lane: {
    /** Whether processes that share a lane take turns by a lock in Redis, or leave that to the row lock. */
    lock: 'redis' | 'none';
    /** Milliseconds that a request waits for the lane to begin with it, before it is refused as `overloaded`. */
    patienceMs: number;
  };
  throttle: {
    profile: 'default' | 'relaxed';
    /** Limits in place of the profile's, by name: so many requests in so many milliseconds. */
    limits: Record<string, { limit: number; ttl: number }>;
  };
  load: {
    /** Requests that a process works on at once without shedding any, however long they take. */
    atOnce: number;
    /** Milliseconds that requests may wait on average when more than that keep coming. */
    delayMs: number;
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
      connections: read.integer('HTTP_CONNECTIONS', 20_000, 1, 1_000_000),
      drainMs: 1000 * read.integer('DRAIN_SECONDS', 3, 0, 20),
    },
    workerPort: read.integer('WORKER_PORT', 3001, 0, 65535),
    log: {
      level: read.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
      pretty: read.flag('LOG_PRETTY'),
    },
    tracing: { otlp: readOtlp(read) },
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
    cache: { patienceMs: read.integer('CACHE_PATIENCE_MS', 100, 1, 10_000) },
    lane: {
      lock: read.oneOf('LANE_LOCK', ['redis', 'none'] as const, 'redis'),
      patienceMs: read.integer('LANE_PATIENCE_MS', 2000, 1, 60_000),
    },
    throttle: {
      profile: read.oneOf('THROTTLE_PROFILE', ['default', 'relaxed'] as const, 'default'),
      limits: read.rates('THROTTLE_LIMITS'),
    },
    load: {
      atOnce: read.integer('LOAD_AT_ONCE', 512, 1, 100_000),
      delayMs: read.integer('LOAD_DELAY_MS', 100, 1, 10_000),
    },
    webhooks: { allowPrivate: read.flag('ALLOW_PRIVATE_WEBHOOKS') },
    waitlist: { offerSeconds: read.integer('WAITLIST_OFFER_SECONDS', 900, 1, 86_400) },
  };
  read.finish();
  return config;
}

/** OpenTelemetry's own variables; null when there is no endpoint, or when they are to be off. */
function readOtlp(read: EnvironmentReader): OtlpConfig | null {
  const http = ['http:', 'https:'];
  const base = read.optionalUrl('OTEL_EXPORTER_OTLP_ENDPOINT', http);
  const own = read.optionalUrl('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', http);
  const url = own ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
  const off = read.flag('OTEL_SDK_DISABLED') || read.text('OTEL_TRACES_EXPORTER', 'otlp') === 'none';
  if (!url || off) return null;
  // The package is the one that speaks JSON; every collector takes it at the same place.
  read.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', ['http/json'], 'http/json');
  const timeoutMs = read.integer('OTEL_EXPORTER_OTLP_TIMEOUT', 10_000, 1, 600_000);
  const maxQueue = read.integer('OTEL_BSP_MAX_QUEUE_SIZE', 2048, 1, 100_000);
  return {
    url,
    headers: {
      ...read.pairs('OTEL_EXPORTER_OTLP_HEADERS'),
      ...read.pairs('OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
    },
    timeoutMs: read.integer('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', timeoutMs, 1, 600_000),
    serviceName: read.text('OTEL_SERVICE_NAME', '') || null,
    resource: read.pairs('OTEL_RESOURCE_ATTRIBUTES'),
    maxQueue,
    batch: read.integer('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', Math.min(512, maxQueue), 1, maxQueue),
    everyMs: read.integer('OTEL_BSP_SCHEDULE_DELAY', 5000, 1, 600_000),
  };
}
