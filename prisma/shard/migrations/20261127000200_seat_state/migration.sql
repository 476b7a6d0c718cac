-- The state of seats leaves their rows: `seats` is the plan, which never changes once it can be sold; what is taken of a section
-- are three bitmaps, which the lane reads and writes as a whole; and every seat that somebody has is claimed once.

-- Seat n of a section, counted from 0 row by row from the front and along each row, is bit n of each bitmap, as get_bit counts.
-- A seat is in one of them at the most. Written under the lane's locks where `version` is the one that was read.
CREATE TABLE section_seats (
  event_id uuid NOT NULL,
  section integer NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  held bytea NOT NULL,
  booked bytea NOT NULL,
  blocked bytea NOT NULL,
  PRIMARY KEY (event_id, section),
  FOREIGN KEY (event_id, section) REFERENCES sections ON DELETE CASCADE,
  CHECK (octet_length(held) = octet_length(blocked) AND octet_length(booked) = octet_length(blocked))
) WITH (fillfactor = 50);
-- Compressing them costs more than it saves.
ALTER TABLE section_seats
  ALTER held SET STORAGE EXTERNAL, ALTER booked SET STORAGE EXTERNAL, ALTER blocked SET STORAGE EXTERNAL;

-- The last guard: whatever else goes wrong, nobody gets a seat that somebody has. `owner_id` is a hold or a booking.
CREATE TABLE seat_claims (
  event_id uuid NOT NULL,
  seat_id uuid NOT NULL,
  owner_id uuid NOT NULL,
  PRIMARY KEY (event_id, seat_id),
  CHECK (slot_of(seat_id) = slot_of(event_id)),
  CHECK (slot_of(owner_id) = slot_of(event_id))
);

-- Grows when sections are added or taken away: a plan in memory is the event's as long as it has this version.
ALTER TABLE inventory ADD COLUMN plan_version bigint NOT NULL DEFAULT 1;

-- What there is already. In: seats. Effect: a byte for eight of them, then the bytes of a section one after another.
INSERT INTO section_seats (event_id, section, held, booked, blocked)
SELECT event_id, section, string_agg(held, '' ORDER BY byte), string_agg(booked, '' ORDER BY byte),
  string_agg(blocked, '' ORDER BY byte)
FROM (
  SELECT event_id, section, n / 8 AS byte,
    set_byte('\x00'::bytea, 0, sum((status = 'held')::integer << (n % 8))::integer) AS held,
    set_byte('\x00'::bytea, 0, sum((status = 'booked')::integer << (n % 8))::integer) AS booked,
    set_byte('\x00'::bytea, 0, sum((status = 'blocked')::integer << (n % 8))::integer) AS blocked
  FROM (
    SELECT event_id, section, status,
      (row_number() OVER (PARTITION BY event_id, section ORDER BY row_position, seat_position) - 1)::integer AS n
    FROM seats
  ) AS counted
  GROUP BY event_id, section, n / 8
) AS bytes
GROUP BY event_id, section;

INSERT INTO seat_claims (event_id, seat_id, owner_id) SELECT event_id, id, owner_id FROM seats WHERE owner_id IS NOT NULL;

ALTER TABLE seats DROP COLUMN status, DROP COLUMN owner_id;
