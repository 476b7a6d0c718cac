// Jest runs this once, in its own process, after all test files.
export default async function tearDown() {
  await globalThis.eventlyTestServers.stop();
}
