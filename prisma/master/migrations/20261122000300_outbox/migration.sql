-- The outbox: what happened, written in the transaction in which it happened. The relay claims undone rows
-- (SKIP LOCKED, a lease), hands them to their consumers, and a row is done when every consumer has confirmed it.
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  type text NOT NULL,
  -- What it is about (an event, a booking, a user) and that subject's version then; stale news is dropped by consumers.
  subject uuid NOT NULL,
  subject_version bigint NOT NULL,
  payload jsonb NOT NULL,
  -- W3C traceparent of the request that caused it.
  trace text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts integer NOT NULL DEFAULT 0,
  -- Not to be claimed before: the end of a lease, or of a back-off.
  due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  confirmed text[] NOT NULL DEFAULT '{}',
  done_at timestamptz,
  parked_at timestamptz,
  last_error text
-- Each row is updated twice and deleted a day later: vacuum often, so that the index of due rows stays small.
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_parked ON outbox (parked_at) WHERE parked_at IS NOT NULL;
