-- The waitlist: entries in their order, their offers, and the places that are kept for them.

-- Written by the lane only, like everything scarce. An entry that waits is offered places once: its offer is a hold with the id
-- `hold_id`, which stands from the beginning. `rank` is the one order of a list: a higher priority first, then who joined first.
CREATE TABLE waitlist_entries (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  ticket_type_id uuid NOT NULL,
  user_id uuid NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 100),
  -- Which of the event's entries it is, from 1, in the order of joining.
  joined bigint NOT NULL CHECK (joined BETWEEN 1 AND 1099511627775),
  rank bigint NOT NULL GENERATED ALWAYS AS ((100 - priority)::bigint * 1099511627776 + joined) STORED,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'offered', 'accepted', 'declined', 'expired', 'left')),
  version integer NOT NULL DEFAULT 1 CHECK (version > 0),
  -- How many promotion passes have passed it over; counted to 3.
  passes smallint NOT NULL DEFAULT 0 CHECK (passes BETWEEN 0 AND 3),
  -- An entry gathers once: `gathering_since` stays, `gathering_until` only while it does. `gathered` places are kept for it.
  gathering_since timestamptz(3),
  gathering_until timestamptz(3),
  gathered integer NOT NULL DEFAULT 0,
  hold_id uuid NOT NULL,
  joined_at timestamptz(3) NOT NULL,
  offered_at timestamptz(3),
  ended_at timestamptz(3),
  CHECK (slot_of(id) = slot_of(event_id)),
  CHECK (slot_of(hold_id) = slot_of(event_id)),
  CHECK (gathered BETWEEN 0 AND quantity),
  CHECK (gathered = 0 OR gathering_until IS NOT NULL),
  CHECK (gathering_until IS NULL OR (gathering_since IS NOT NULL AND status = 'waiting')),
  CHECK ((status IN ('waiting', 'offered')) = (ended_at IS NULL)),
  CHECK (status NOT IN ('offered', 'accepted', 'declined', 'expired') OR offered_at IS NOT NULL)
);
-- One living entry a person and ticket type.
CREATE UNIQUE INDEX waitlist_living ON waitlist_entries (ticket_type_id, user_id) WHERE ended_at IS NULL;
-- The order of a list, and of those of one size in it; those who have not gathered yet; who gathers, and until when.
CREATE INDEX waitlist_by_rank ON waitlist_entries (ticket_type_id, rank) WHERE status = 'waiting';
CREATE INDEX waitlist_by_size ON waitlist_entries (ticket_type_id, quantity, rank) WHERE status = 'waiting';
CREATE INDEX waitlist_patient ON waitlist_entries (ticket_type_id, rank) WHERE status = 'waiting' AND gathering_since IS NULL;
CREATE INDEX waitlist_gathering ON waitlist_entries (ticket_type_id) WHERE gathering_until IS NOT NULL;
CREATE INDEX waitlist_gathering_due ON waitlist_entries (gathering_until) WHERE gathering_until IS NOT NULL;
-- For an event that is canceled, and for forgetting those that are long over.
CREATE INDEX waitlist_by_event ON waitlist_entries (event_id, id);
CREATE INDEX waitlist_ended ON waitlist_entries (ended_at) WHERE ended_at IS NOT NULL;

-- The entry that the hold is the offer of.
ALTER TABLE holds ADD COLUMN entry_id uuid;

-- How many entries of the event ever joined, and how many wait: whether there is a queue is known from rows that a batch
-- reads anyway.
ALTER TABLE inventory
  ADD COLUMN joined bigint NOT NULL DEFAULT 0 CHECK (joined >= 0),
  ADD COLUMN waiting integer NOT NULL DEFAULT 0 CHECK (waiting >= 0);
ALTER TABLE stock
  ADD COLUMN waiting integer NOT NULL DEFAULT 0 CHECK (waiting >= 0),
  ADD CONSTRAINT stock_reserved_for_somebody CHECK (reserved = 0 OR waiting > 0);
-- What a promotion pass has not come to yet, or somebody gathers.
CREATE INDEX stock_reserved ON stock (event_id) WHERE reserved > 0;

-- In: an event, a person, a ticket type, a time. Out: the places of the type that the person has then, in live holds and bookings.
CREATE FUNCTION places_of_person(event uuid, person uuid, type uuid, at timestamptz) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT (
    SELECT coalesce(sum((i.item ->> 'quantity')::integer), 0)
    FROM bookings AS b CROSS JOIN LATERAL jsonb_array_elements(b.items) AS i (item)
    WHERE b.event_id = event AND b.user_id = person AND b.status = 'confirmed' AND i.item ->> 'ticketTypeId' = type::text
  )::integer + (
    SELECT coalesce(sum((i.item ->> 'quantity')::integer), 0)
    FROM holds AS h CROSS JOIN LATERAL jsonb_array_elements(h.items) AS i (item)
    WHERE h.event_id = event AND h.user_id = person AND h.status = 'active' AND h.expires_at > at
      AND i.item ->> 'ticketTypeId' = type::text
  )::integer
$$;
