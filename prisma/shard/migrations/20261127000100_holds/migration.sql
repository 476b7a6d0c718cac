-- Holds, and who has come through the door.

-- Places that are kept for somebody until `expires_at`. An active hold that is past it has lapsed: nobody may consume it, and
-- the next step of the lane that touches the event releases its places. `items` as in bookings.
CREATE TABLE holds (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  user_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'consumed', 'expired', 'released')),
  currency text NOT NULL,
  total_amount bigint NOT NULL CHECK (total_amount >= 0),
  items jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  -- What it became.
  booking_id uuid,
  CHECK (slot_of(id) = slot_of(event_id)),
  CHECK (expires_at > created_at),
  CHECK ((status = 'active') = (ended_at IS NULL)),
  CHECK ((status = 'consumed') = (booking_id IS NOT NULL))
);
-- For the lane, which releases what has lapsed of an event, and for the timer, which looks for such events.
CREATE INDEX holds_lapsing ON holds (event_id, expires_at) WHERE status = 'active';
CREATE INDEX holds_due ON holds (expires_at) WHERE status = 'active';
-- For the limit a person.
CREATE INDEX holds_live ON holds (event_id, user_id) WHERE status = 'active';
-- For forgetting those that are long over.
CREATE INDEX holds_ended ON holds (ended_at) WHERE ended_at IS NOT NULL;

-- One row a ticket that was scanned at the door: `number` is the admission's in its booking.
CREATE TABLE check_ins (
  booking_id uuid NOT NULL,
  number smallint NOT NULL CHECK (number > 0),
  event_id uuid NOT NULL,
  -- The user or api key that scanned it.
  checked_in_by uuid NOT NULL,
  checked_in_at timestamptz(3) NOT NULL,
  PRIMARY KEY (booking_id, number),
  CHECK (slot_of(booking_id) = slot_of(event_id))
);
