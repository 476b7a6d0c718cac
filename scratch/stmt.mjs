import pg from 'pg'; import { randomBytes } from 'node:crypto';
import { newId, newMasterId } from '../dist/libs/kernel/src/index.js';
import { migrateAll } from '../dist/libs/sharding/src/index.js';
const server = process.env.TEST_PG ?? 'postgres://postgres@127.0.0.1:25418';
const admin = new pg.Client({ connectionString: `${server}/postgres` }); await admin.connect();
const name = `s${randomBytes(4).toString('hex')}`; await admin.query(`CREATE DATABASE ${name}`);
const url = `${server}/${name}`; const dbs = { master: { primary: url, replica: null }, shards: {} };
const c = new pg.Client({ connectionString: url, options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off' }); await c.connect();
import { readdirSync, readFileSync } from 'node:fs';
for (const m of readdirSync('prisma/shard/migrations').sort()) await c.query(readFileSync(`prisma/shard/migrations/${m}/migration.sql`, 'utf8'));
const N = 128; const ev = newId(0); const org = newId(0);
const mk = (n, f) => Array.from({ length: n }, f);
const items = JSON.stringify([{ ticketTypeId: newId(0), quantity: 1, unitAmount: 1000, priceVersion: 1 }]);
const facts = JSON.stringify({ bookingId: newId(0), eventId: ev, userId: newMasterId(), organizationId: org, reference: '01K7Q-2M9XT', status: 'confirmed', total: { amount: 1000, currency: 'EUR' }, items: [{ ticketTypeId: newId(0), quantity: 1, unitPrice: { amount: 1000, currency: 'EUR' } }], createdAt: new Date().toISOString() });
const rec = JSON.stringify({ booking: { ...JSON.parse(facts), version: 1, canceledAt: null } });
const users = mk(20000, newMasterId);
const u = () => users[(Math.random() * 20000) | 0];
const stm = {
  bookings: [`INSERT INTO bookings (id, event_id, user_id, organization_id, reference, currency, total_amount, items, created_at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::jsonb[], $9::timestamptz[])`, () => [mk(N, () => newId(0)), mk(N, () => ev), mk(N, u), mk(N, () => org), mk(N, () => randomBytes(6).toString('hex')), mk(N, () => 'EUR'), mk(N, () => 1000), mk(N, () => items), mk(N, () => new Date().toISOString())]],
  outbox: [`INSERT INTO outbox (id, type, subject, subject_version, payload, trace) SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::jsonb[], $6::text[])`, () => [mk(N, () => newId(0)), mk(N, () => 'booking.confirmed'), mk(N, () => newId(0)), mk(N, () => 1), mk(N, () => facts), mk(N, () => null)]],
  idem: [`INSERT INTO idempotency (slot, caller, key, fingerprint, status, answer) SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bytea[], $5::smallint[], $6::json[])`, () => [mk(N, () => 0), mk(N, u), mk(N, () => randomBytes(8).toString('hex')), mk(N, () => randomBytes(32)), mk(N, () => 201), mk(N, () => rec)]],
};
async function bench(label) { for (const [k, [text, vals]] of Object.entries(stm)) { const ts = []; const parse = []; for (let i = 0; i < 300; i++) { const v = vals(); const t = performance.now(); await c.query({ name: k + label, text, values: v }); ts.push(performance.now() - t); }
  ts.sort((a, b) => a - b); console.log(label, k, 'min', (ts[0] / N * 1000).toFixed(1), 'p10', (ts[30] / N * 1000).toFixed(1), 'p50', (ts[150] / N * 1000).toFixed(1), 'us/row'); } }
await c.query('SET synchronous_commit=off');
await bench('full');
await c.query(`ALTER TABLE bookings DROP CONSTRAINT bookings_reference`); await bench('noref');
await c.query(`DROP INDEX bookings_by_event`); await bench('noev');
await c.query(`DROP INDEX bookings_live`); await bench('nolive');
for (const { conname } of (await c.query(`select conname from pg_constraint where conrelid='bookings'::regclass and contype='c'`)).rows) await c.query(`ALTER TABLE bookings DROP CONSTRAINT ${conname}`);
await bench('nocheck');
await c.end(); await admin.query(`DROP DATABASE ${name} WITH (FORCE)`); await admin.end();
