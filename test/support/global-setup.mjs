// Jest runs this once, in its own process, before all test files. It starts no server yet: the first test file
// that asks (test/support/servers.ts) does, so that a run of pure unit tests needs none.
import './source-hooks.mjs';

export default async function setUp() {
  const { TestServers } = await import('./test-servers.ts');
  const servers = await TestServers.offer();
  process.env.EVENTLY_TEST_SERVERS = servers.address;
  globalThis.eventlyTestServers = servers;
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.once(signal, () => void servers.stop().finally(() => process.exit(status)));
  }
}
