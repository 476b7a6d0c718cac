-- Answers by idempotency key, written in the transaction that did the work. Rows move with their slots.
CREATE TABLE idempotency (
  slot smallint NOT NULL CHECK (slot BETWEEN 0 AND 701),
  -- The user or api key that sent the key.
  caller uuid NOT NULL,
  key text NOT NULL,
  -- SHA-256 of method, path and canonical body.
  fingerprint bytea NOT NULL,
  status smallint NOT NULL CHECK (status BETWEEN 200 AND 299),
  -- The body as it was sent; json, not jsonb, keeps the order of its members.
  answer json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Looked up by caller and key alone; the slot is in it so that the row can move with its slot.
  PRIMARY KEY (caller, key, slot)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
