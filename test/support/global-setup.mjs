// Jest runs this once, in its own process, before all test files. It starts no server yet: the first test file
// that asks (test/support/servers.ts) does, so that a run of pure unit tests needs none.
import { registerHooks } from 'node:module';

// Node strips types by itself but takes `./x.js` literally; our sources mean `./x.ts`.
registerHooks({
  resolve(specifier, context, next) {
    const ours = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
    return next(ours ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});

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
