-- Each user's waitlist entries over all shards, fed by the outbox: who, where, which state. The entries themselves are read
-- from their shards.
CREATE TABLE user_waitlist_entries (
  entry_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  event_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('waiting', 'offered', 'accepted', 'declined', 'expired', 'left')),
  -- The entry's version; older news is dropped.
  version bigint NOT NULL,
  joined_at timestamptz(3) NOT NULL,
  -- When the news came that it is over: for forgetting it.
  ended_at timestamptz(3),
  CHECK ((status IN ('waiting', 'offered')) = (ended_at IS NULL))
);
CREATE INDEX user_waitlist_newest ON user_waitlist_entries (user_id, joined_at DESC, entry_id DESC);
CREATE INDEX user_waitlist_ended ON user_waitlist_entries (ended_at) WHERE ended_at IS NOT NULL;
