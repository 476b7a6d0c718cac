import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { DataFolder } from './data-folder.js';

/** Made once, kept in the data folder for our eyes only, so that tokens and tickets outlive a restart. */
export interface Secrets {
  databasePassword: string;
  redisPassword: string;
  JWT_SECRET: string;
  /** Ed25519, PKCS 8 in PEM. */
  TICKET_SIGNING_KEY: string;
  ADMIN_EMAIL: string;
  ADMIN_PASSWORD: string;
}

export function keptSecrets(folder: DataFolder): Secrets {
  if (existsSync(folder.secrets)) return JSON.parse(readFileSync(folder.secrets, 'utf8')) as Secrets;
  if (existsSync(folder.primary)) {
    throw new Error(
      `${folder.secrets} is gone, and with it the password of the databases in ${folder.path}.\n` +
        'Put it back, or begin anew with: npm start -- --fresh',
    );
  }
  const secrets: Secrets = {
    databasePassword: randomBytes(24).toString('hex'),
    redisPassword: randomBytes(24).toString('hex'),
    JWT_SECRET: randomBytes(32).toString('hex'),
    TICKET_SIGNING_KEY: generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    ADMIN_EMAIL: 'admin@evently.example',
    ADMIN_PASSWORD: randomBytes(12).toString('base64url'),
  };
  const unfinished = `${folder.secrets}.new`;
  writeFileSync(unfinished, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  renameSync(unfinished, folder.secrets);
  return secrets;
}
