-- How full the queues of effects are, written by the worker every few seconds, so that the API need not know Redis' keys.
CREATE TABLE queue_statistics (
  queue text PRIMARY KEY,
  waiting integer NOT NULL,
  active integer NOT NULL,
  delayed integer NOT NULL,
  updated_at timestamptz NOT NULL
);
