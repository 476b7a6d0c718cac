-- What an organizer settles about an event's waitlist. The lane reads these rows under its locks anyway.
ALTER TABLE inventory
  -- Nothing is offered meanwhile; what comes free is reserved for those who wait.
  ADD COLUMN waitlist_paused boolean NOT NULL DEFAULT false,
  -- Nobody may join any more; who waits is served.
  ADD COLUMN waitlist_closed boolean NOT NULL DEFAULT false,
  -- So long before the event's start the waitlist is over: what comes free from then on is on sale to all. At most a year.
  ADD COLUMN waitlist_cut_off_minutes integer CHECK (waitlist_cut_off_minutes BETWEEN 0 AND 525600),
  -- Counts the changes of these settings.
  ADD COLUMN waitlist_version integer NOT NULL DEFAULT 1 CHECK (waitlist_version > 0);
