-- An organizer's list of an event's entries, of all its ticket types, in their order. It finds what waitlist_by_event found too.
CREATE INDEX waitlist_by_status ON waitlist_entries (event_id, status, rank);
DROP INDEX waitlist_by_event;
