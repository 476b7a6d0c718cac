import { generateKeyPairSync, randomBytes, createHash } from 'node:crypto';
import pg from 'pg';
import { readConfig } from '../dist/libs/config/src/index.js';
import { migrateAll, Shards } from '../dist/libs/sharding/src/index.js';
import { InventoryService, Lanes } from '../dist/libs/inventory/src/index.js';
import { newId, newMasterId } from '../dist/libs/kernel/src/index.js';
const server = process.env.TEST_PG ?? 'postgres://postgres@127.0.0.1:25418';
const name = `b${randomBytes(4).toString('hex')}`;
const names = ['m', '1', '2', '3', '4'].map((s) => `${name}_${s}`);
const admin = new pg.Client({ connectionString: `${server}/postgres` }); await admin.connect();
for (const db of names) await admin.query(`CREATE DATABASE ${db}`);
const config = readConfig('cli', { MASTER_URL: `${server}/${names[0]}`, ...Object.fromEntries([1,2,3,4].map((i) => [`SHARD_${i}_URL`, `${server}/${names[i]}`])), REDIS_URL: process.env.REDIS ?? 'redis://127.0.0.1:1', JWT_SECRET: 'x'.repeat(40), TICKET_SIGNING_KEY: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) });
await migrateAll(config.databases, 'prisma');
const shards = new Shards(config); await shards.onModuleInit();
const lanes = new Lanes(shards, config); const inv = new InventoryService(shards, lanes);
const SPREAD = process.argv[2] === 'spread'; const CLIENTS = Number(process.env.CLIENTS ?? 128); const SECONDS = Number(process.env.SECONDS ?? 4);
const events = [];
for (let i = 0; i < (SPREAD ? 1000 : 1); i++) {
  const slot = SPREAD ? [0, 200, 400, 600][i % 4] : 0; const id = newId(slot), org = newId(slot), type = newId(slot); events.push({ id, type });
  const sql = shards.ofSlot(slot).primary.sql;
  await sql.query(`INSERT INTO events (id, organization_id, created_by, status, title, category, venue_name, venue_city, venue_country, venue_timezone, starts_at, currency) VALUES ($1,$2,$2,'published','T','c','H','B','DE','UTC',now()+interval '1 day','EUR')`, [id, org]);
  await sql.query('INSERT INTO inventory (event_id) VALUES ($1)', [id]);
  await sql.query(`INSERT INTO ticket_types (id,event_id,position,name,kind,price_amount,max_per_person) VALUES ($1,$2,0,'T','general',1000,$3)`, [type, id, process.env.PERSON ? 8 : null]);
  await sql.query('INSERT INTO stock (ticket_type_id,event_id,capacity,available) VALUES ($1,$2,10000000,10000000)', [type, id]);
}
const users = Array.from({ length: 20000 }, () => newMasterId());
let done = 0, refused = 0, stop = false; const lat = [];
async function client(c) { for (let n = 0; !stop; n++) { const e = events[(Math.random() * events.length) | 0], u = users[(Math.random() * users.length) | 0]; const t = performance.now();
  try { await inv.book(e.id, u, [{ ticketTypeId: e.type, quantity: 1 }], process.env.NOKEY ? null : { caller: u, key: `${c}-${n}`, fingerprint: createHash('sha256').update(`POST /v1/bookings ${e.id}`).digest() }); done++; } catch (err) { if (!refused++) console.log(err); }
  lat.push(performance.now() - t); } }
const cs = Array.from({ length: CLIENTS }, (_, c) => client(c));
const tick = (s) => new Promise((r) => setTimeout(r, s * 1000));
await tick(1);
import { readFileSync } from 'node:fs';
const lanePids = (await admin.query("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'evently-lane%' AND datname LIKE $1", [name + '%'])).rows.map((r) => r.pid);
const pgCpu = () => lanePids.reduce((t, pid) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return t + (Number(f[11]) + Number(f[12])) * 10000; }, 0);
const pg0 = pgCpu();
done = 0; lat.length = 0; const cpu = process.cpuUsage(); const t0 = performance.now(); await tick(SECONDS); const dt = (performance.now() - t0) / 1000; const n = done; const u = process.cpuUsage(cpu); const pgUs = (pgCpu() - pg0) / n; stop = true; await Promise.all(cs);
lat.sort((a, b) => a - b); console.log({ perSecond: Math.round(n / dt), p50: lat[lat.length >> 1].toFixed(1), p99: lat[Math.floor(lat.length * .99)].toFixed(1), pgCpuMicros: pgUs.toFixed(1), nodeCpuMicros: ((u.user + u.system) / n).toFixed(1), refused });
for (const shard of shards.all()) { const { rows } = await shard.primary.sql.query(`SELECT (SELECT count(*) FROM bookings) AS bookings, (SELECT sum(booked) FROM stock) AS booked, (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM idempotency) AS keys, (select sum(batch) from lane_markers) as batches`); console.log(JSON.stringify(rows[0])); }
await lanes.onApplicationShutdown(); await shards.onApplicationShutdown();
for (const db of names) await admin.query(`DROP DATABASE ${db} WITH (FORCE)`); await admin.end();
