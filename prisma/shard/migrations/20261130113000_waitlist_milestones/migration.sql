-- What people who wait have been told that they came to, once each. Written by the worker, and never by the lane: it locks nothing
-- that a batch waits for, and goes with its entry.
CREATE TABLE waitlist_milestones (
  entry_id uuid NOT NULL REFERENCES waitlist_entries ON DELETE CASCADE,
  milestone text NOT NULL CHECK (milestone IN ('top_10', 'next')),
  reached_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (entry_id, milestone)
);
