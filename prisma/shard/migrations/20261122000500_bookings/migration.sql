-- Bookings, and what the lane needs besides the counters.

-- Parts of `held`: places in open offers to waiting entries, and places kept for the queue.
ALTER TABLE stock
  ADD COLUMN offered integer NOT NULL DEFAULT 0 CHECK (offered >= 0),
  ADD COLUMN reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
  ADD CONSTRAINT stock_parts_of_held CHECK (offered + reserved <= held);

-- No foreign key to events: the lane reads the event under its lock, and a draft, the only kind of event that can be
-- deleted, has no bookings. `items` is what was agreed: [{ ticketTypeId, quantity, unitAmount, priceVersion }].
CREATE TABLE bookings (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  user_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  reference text NOT NULL CONSTRAINT bookings_reference UNIQUE,
  status text NOT NULL DEFAULT 'confirmed' CHECK (status IN ('confirmed', 'canceled')),
  version integer NOT NULL DEFAULT 1 CHECK (version > 0),
  currency text NOT NULL,
  total_amount bigint NOT NULL CHECK (total_amount >= 0),
  items jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL,
  canceled_at timestamptz(3),
  cancel_reason text,
  CHECK (slot_of(id) = slot_of(event_id)),
  CHECK ((status = 'canceled') = (canceled_at IS NOT NULL))
);
CREATE INDEX bookings_by_event ON bookings (event_id, id);
-- For the limit a person, and for canceling an event's bookings step by step.
CREATE INDEX bookings_live ON bookings (event_id, user_id) WHERE status = 'confirmed';

-- The last batch that a lane's holder committed; looked up when the answer to a COMMIT was lost. One row a process.
CREATE TABLE lane_markers (
  holder text PRIMARY KEY,
  batch bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- In: rows counted, rows expected, what they are. Effect: raises EV001 unless they agree. Set-wise writes call it,
-- since COMMIT is already on its way when their counts reach the client.
CREATE FUNCTION assert_rows(actual bigint, expected bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF actual <> expected THEN
    RAISE EXCEPTION '%: % rows instead of %', what, actual, expected USING ERRCODE = 'EV001';
  END IF;
END $$;
