import { generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { SIGNED_BYTES } from './domain/ticket-code.js';
import { TicketSigner } from './ticket.signer.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signer = new TicketSigner(privateKey);

afterAll(() => signer.close());

it('signs for each what it asked for, however many ask at once', async () => {
  const asked = Array.from({ length: 100 }, () => randomBytes(SIGNED_BYTES));
  const signatures = await Promise.all(asked.map((data) => signer.sign(data)));
  for (const [i, data] of asked.entries()) expect(verify(null, data, publicKey, signatures[i]!)).toBe(true);
});

it('leaves nobody waiting when its thread ends, and goes on with another', async () => {
  // More than can be done before the end comes: 0.2 s of work.
  const data = randomBytes(SIGNED_BYTES);
  const waiting = Promise.allSettled(Array.from({ length: 10_000 }, () => signer.sign(data)));
  await turn();
  await signer.close();
  const lost = (await waiting).filter((signing) => signing.status === 'rejected');
  expect(lost.length).toBeGreaterThan(0);
  for (const { reason } of lost)
    expect(reason).toMatchObject({ message: expect.stringContaining('ended with') });
  expect(verify(null, data, publicKey, await signer.sign(data))).toBe(true);
});
