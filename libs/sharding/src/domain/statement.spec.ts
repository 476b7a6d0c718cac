import { summaryOf } from './statement.js';

it.each([
  ['BEGIN', 'BEGIN'],
  ['SELECT 1', 'SELECT'],
  ['select id\n  from "public"."users" where email = $1', 'SELECT users'],
  ['SELECT extract(epoch FROM clock_timestamp() - min(due_at)) FROM outbox', 'SELECT outbox'],
  ['SELECT * FROM unnest($1::uuid[]) AS u JOIN events USING (id) FOR UPDATE SKIP LOCKED', 'SELECT'],
  [
    '-- In: ids. UPDATE nothing\n INSERT INTO inbox (a) VALUES ($1) ON CONFLICT DO UPDATE SET a = 1',
    'INSERT inbox',
  ],
  ['UPDATE ONLY "public"."bookings" SET a = 1', 'UPDATE bookings'],
  ['WITH gone AS (DELETE FROM holds RETURNING id) SELECT count(*) FROM gone', 'DELETE holds'],
  ["SET password = 'hunter2'", 'SET'],
  ['', 'SQL'],
])('says of %p that it is %p', (text, summary) => {
  expect(summaryOf(text)).toBe(summary);
});
