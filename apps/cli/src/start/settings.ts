import { dataFolder } from '../../bootstrap/folders.mjs';

const DATABASES = ['MASTER', 'SHARD_1', 'SHARD_2', 'SHARD_3', 'SHARD_4'] as const;

/** Ports of 127.0.0.1, by the variable that moves them. */
const PORTS = {
  PORT: 3000,
  WORKER_PORT: 3001,
  LOCAL_POSTGRES_PORT: 15432,
  LOCAL_REPLICA_PORT: 15433,
  LOCAL_REDIS_PORT: 16379,
};
export type PortName = keyof typeof PORTS;

const EVERY_ADDRESS = ['0.0.0.0', '::', '::0'];

/** What `npm start` was told through the environment. */
export interface Settings {
  dataDir: string;
  /** Where the API and the worker can be reached from here. */
  host: string;
  ports: Record<PortName, number>;
  /** Databases without a `…_URL`: they get a place on the local PostgreSQL and on its replica. */
  localDatabases: { variable: string; name: string }[];
  /** Whether REDIS_URL is missing. */
  localRedis: boolean;
}

/** Throws an error that names the variable at fault. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const ports = Object.fromEntries(
    Object.entries(PORTS).map(([name, fallback]) => [name, portIn(env, name, fallback)]),
  ) as Record<PortName, number>;
  for (const name of DATABASES) {
    if (env[`${name}_REPLICA_URL`] && !env[`${name}_URL`]) {
      throw new Error(`${name}_REPLICA_URL is set without ${name}_URL: a replica needs its primary`);
    }
  }
  return {
    dataDir: dataFolder(env),
    host: !env.HOST || EVERY_ADDRESS.includes(env.HOST) ? '127.0.0.1' : env.HOST,
    ports,
    localDatabases: DATABASES.filter((name) => !env[`${name}_URL`]).map((name) => ({
      variable: name,
      name: `evently_${name.toLowerCase()}`,
    })),
    localRedis: !env.REDIS_URL,
  };
}

/** The ports that this start is going to listen on. */
export function portsNeeded({ ports, localDatabases, localRedis }: Settings): [PortName, number][] {
  const needed = (name: PortName): boolean => {
    if (name === 'LOCAL_REDIS_PORT') return localRedis;
    return name.startsWith('LOCAL_') ? localDatabases.length > 0 : true;
  };
  const list = (Object.entries(ports) as [PortName, number][]).filter(([name]) => needed(name));
  for (const [name, port] of list) {
    const twin = list.find(([other, same]) => other !== name && same === port);
    if (twin) throw new Error(`${name} and ${twin[0]} are both ${port}: give one of them another port`);
  }
  return list;
}

function portIn(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const port = Number(env[name] || fallback);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error(`${name} must be a port: a whole number from 1 to 65535`);
}
