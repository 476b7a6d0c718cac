-- The directory: what lists and searches know of the events of all shards. A projection of the outbox
-- (`event.changed`, `event.deleted`, `availability.changed`), at most 2 s behind; the truth is on the shards.

CREATE TABLE directory (
  event_id uuid PRIMARY KEY,
  -- Of the event; older news is dropped.
  version integer NOT NULL,
  -- 'deleted' keeps late news from bringing a draft back; such rows go after a week.
  status text NOT NULL CHECK (status IN ('draft', 'published', 'canceled', 'deleted')),
  organization_id uuid,
  starts_at timestamptz(3),
  -- When it has ended, whether or not anyone has noticed; `ended` is set by a timer a little later, so that the
  -- indexes of what is on hold no past.
  over_at timestamptz(3),
  ended boolean NOT NULL DEFAULT false,
  sales_until timestamptz(3),
  -- Folded to lower-case Latin, as the filters compare them.
  category text,
  city text,
  country text,
  -- Minor units: the cheapest and the dearest ticket type.
  price_min bigint,
  price_max bigint,
  -- Folded words: title A, venue and city B, description D.
  words tsvector,
  -- EventFacts, as announced.
  facts jsonb,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (status = 'deleted' OR (organization_id, starts_at, over_at, sales_until, category, city, country, price_min, price_max, words, facts) IS NOT NULL)
);
CREATE INDEX directory_by_start ON directory (starts_at, event_id) WHERE status = 'published' AND NOT ended;
CREATE INDEX directory_by_city ON directory (city, starts_at, event_id) WHERE status = 'published' AND NOT ended;
CREATE INDEX directory_by_category ON directory (category, starts_at, event_id) WHERE status = 'published' AND NOT ended;
CREATE INDEX directory_by_country ON directory (country, starts_at, event_id) WHERE status = 'published' AND NOT ended;
CREATE INDEX directory_by_words ON directory USING gin (words) WHERE status = 'published' AND NOT ended;
CREATE INDEX directory_by_organization ON directory (organization_id, starts_at, event_id) WHERE status <> 'deleted';
CREATE INDEX directory_by_end ON directory (over_at) WHERE status = 'published' AND NOT ended;
CREATE INDEX directory_by_deletion ON directory (updated_at) WHERE status = 'deleted';

-- The counters of the events, apart from the rest: they change with every sale, and a narrow row changes in place.
CREATE TABLE directory_stock (
  event_id uuid PRIMARY KEY,
  -- Of the availability; older news is dropped.
  version bigint NOT NULL,
  -- Places available over all ticket types.
  available bigint NOT NULL,
  -- AvailabilityFacts.ticketTypes, as announced.
  ticket_types jsonb NOT NULL
) WITH (fillfactor = 50);
