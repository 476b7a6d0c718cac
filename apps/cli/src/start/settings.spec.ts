import { portsNeeded, readSettings } from './settings.js';

const url = 'postgres://a:b@127.0.0.1/c';
const allDatabases = {
  MASTER_URL: url,
  SHARD_1_URL: url,
  SHARD_2_URL: url,
  SHARD_3_URL: url,
  SHARD_4_URL: url,
};

const variablesOf = (env: Record<string, string>) => portsNeeded(readSettings(env)).map(([name]) => name);

it('starts everything here when it is told nothing', () => {
  const settings = readSettings({});
  expect(settings.localDatabases.map(({ name }) => name)).toEqual([
    'evently_master',
    'evently_shard_1',
    'evently_shard_2',
    'evently_shard_3',
    'evently_shard_4',
  ]);
  expect(variablesOf({})).toEqual([
    'PORT',
    'WORKER_PORT',
    'LOCAL_POSTGRES_PORT',
    'LOCAL_REPLICA_PORT',
    'LOCAL_REDIS_PORT',
  ]);
});

it('keeps its default ports below those that outgoing connections take', () => {
  for (const [, port] of portsNeeded(readSettings({}))) expect(port).toBeLessThan(32_768);
});

it('starts a local PostgreSQL for the databases that were not given', () => {
  const settings = readSettings({ ...allDatabases, SHARD_3_URL: '' });
  expect(settings.localDatabases).toEqual([{ variable: 'SHARD_3', name: 'evently_shard_3' }]);
});

it('starts no server when all were given', () => {
  expect(variablesOf({ ...allDatabases, REDIS_URL: 'redis://127.0.0.1' })).toEqual(['PORT', 'WORKER_PORT']);
});

it('refuses a replica whose primary it would have to make', () => {
  expect(() => readSettings({ SHARD_2_REPLICA_URL: url })).toThrow(
    'SHARD_2_REPLICA_URL is set without SHARD_2_URL',
  );
});

it('names the variable that is no port, without its value', () => {
  for (const value of ['70000', '0', 'http', '3000.5']) {
    expect(() => readSettings({ LOCAL_REDIS_PORT: value })).toThrow(/^LOCAL_REDIS_PORT must be a port/);
  }
});

it('refuses the same port for two', () => {
  expect(() => portsNeeded(readSettings({ PORT: '15432' }))).toThrow(
    'PORT and LOCAL_POSTGRES_PORT are both 15432',
  );
});

it('waits for an API where it was told to listen', () => {
  expect(readSettings({}).host).toBe('127.0.0.1');
  expect(readSettings({ HOST: '0.0.0.0' }).host).toBe('127.0.0.1');
  expect(readSettings({ HOST: '192.0.2.7' }).host).toBe('192.0.2.7');
});
