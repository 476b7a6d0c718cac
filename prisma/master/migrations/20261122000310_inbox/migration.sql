-- What consumers have done in this database, one row a consumer and DomainEvent, written in the transaction that did
-- it: the same DomainEvent brought again changes nothing.
CREATE TABLE inbox (
  consumer text NOT NULL,
  domain_event_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (domain_event_id, consumer)
);
CREATE INDEX inbox_by_age ON inbox (created_at);
