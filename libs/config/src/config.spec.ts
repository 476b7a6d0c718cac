import { generateKeyPairSync } from 'node:crypto';
import { readConfig } from './index.js';

const complete = {
  MASTER_URL: 'postgres://a:b@127.0.0.1/master',
  SHARD_1_URL: 'postgres://a:b@127.0.0.1/s1',
  SHARD_2_URL: 'postgres://a:b@127.0.0.1/s2',
  SHARD_3_URL: 'postgres://a:b@127.0.0.1/s3',
  SHARD_4_URL: 'postgres://a:b@127.0.0.1/s4',
  REDIS_URL: 'redis://127.0.0.1:6379',
  JWT_SECRET: 'x'.repeat(32),
  TICKET_SIGNING_KEY: generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
};

it('fills in safe defaults', () => {
  const config = readConfig('api', complete);
  expect(config.http.port).toBe(3000);
  expect(config.throttle.profile).toBe('default');
  expect(config.databases.shards[4]).toEqual({ primary: complete.SHARD_4_URL, replica: null });
});

it('reads limits by name', () => {
  const { throttle } = readConfig('api', { ...complete, THROTTLE_LIMITS: 'ip=1200/60, check-in=5/1' });
  expect(throttle.limits).toEqual({ ip: { limit: 1200, ttl: 60_000 }, 'check-in': { limit: 5, ttl: 1000 } });
  for (const wrong of ['ip', 'ip=5', 'ip=5/0', 'ip=-1/60', 'ip=5/60;login=1/1']) {
    expect(() => readConfig('api', { ...complete, THROTTLE_LIMITS: wrong })).toThrow('THROTTLE_LIMITS');
  }
});

it('reads where spans go by OpenTelemetry’s own names', () => {
  const otlp = (env: object) => readConfig('api', { ...complete, ...env }).tracing.otlp;
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/';
  expect(otlp({})).toBeNull();
  expect(otlp({ OTEL_EXPORTER_OTLP_ENDPOINT })).toEqual({
    url: 'http://collector:4318/v1/traces',
    ...{ headers: {}, timeoutMs: 10_000, serviceName: null, resource: {} },
    ...{ maxQueue: 2048, batch: 512, everyMs: 5000 },
  });
  const told = otlp({
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/traces',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-tenant=1',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_SERVICE_NAME: 'tickets',
    OTEL_BSP_MAX_QUEUE_SIZE: '100',
  });
  expect(told).toMatchObject({
    url: 'https://collector/traces',
    headers: { authorization: 'Bearer abc', 'x-tenant': '1' },
    resource: { 'deployment.environment.name': 'test' },
    ...{ serviceName: 'tickets', maxQueue: 100, batch: 100 },
  });
  expect(otlp({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' })).toBeNull();
  expect(otlp({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' })).toBeNull();
  for (const wrong of [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'hunter2' },
    { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'hunter2=%zz' },
    { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  ]) {
    expect(() => otlp(wrong)).toThrow(Object.keys(wrong).at(-1));
    expect(() => otlp(wrong)).not.toThrow('hunter2');
  }
});

it('takes the signing key in base64 too', () => {
  const pem = complete.TICKET_SIGNING_KEY;
  const config = readConfig('api', { ...complete, TICKET_SIGNING_KEY: Buffer.from(pem).toString('base64') });
  expect(config.tickets.signingKey).toBe(pem);
});

it('names every key at fault and no value', () => {
  const env = {
    ...complete,
    PORT: 'hunter2',
    SHARD_2_URL: 'mysql://hunter2',
    JWT_SECRET: 'hunter2',
    ADMIN_EMAIL: 'hunter2',
  };
  const read = () => readConfig('api', env);
  for (const key of ['PORT', 'SHARD_2_URL', 'JWT_SECRET', 'ADMIN_PASSWORD']) expect(read).toThrow(key);
  expect(read).not.toThrow('hunter2');
});
