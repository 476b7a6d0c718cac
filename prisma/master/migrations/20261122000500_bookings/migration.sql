-- Each user's bookings over all shards, fed by the outbox: who, where, which state. The bookings themselves are read
-- from their shards.
CREATE TABLE user_bookings (
  booking_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  event_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('confirmed', 'canceled')),
  -- The booking's version; older news is dropped.
  version bigint NOT NULL,
  created_at timestamptz(3) NOT NULL
);
CREATE INDEX user_bookings_newest ON user_bookings (user_id, created_at DESC, booking_id DESC);
