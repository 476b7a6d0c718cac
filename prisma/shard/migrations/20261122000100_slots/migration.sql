-- Slots: which part of the alphabet a row belongs to, and which of them this shard owns.

-- The slot in an id: the twelve rand_a bits of the UUIDv7, digits 14 to 16. Only built-in immutable functions,
-- so that a publication's row filter may use the same expression.
CREATE FUNCTION slot_of(id uuid) RETURNS integer
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ('x' || substr(id::text, 16, 3))::bit(12)::integer;

-- Which shard this database is; one row. Guards against a connection setting that names another shard's database.
CREATE TABLE shard_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  shard_id smallint NOT NULL CHECK (shard_id > 0)
);

-- The slots that this shard may write. Every writing transaction checks its slot here.
CREATE TABLE owned_slots (
  slot smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND 701),
  epoch integer NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'fenced'))
);

-- A copy of the master's slot map, so that routing works while the master is down. The highest version counts.
CREATE TABLE slot_map (
  version integer NOT NULL,
  from_slot smallint NOT NULL CHECK (from_slot BETWEEN 0 AND 701),
  to_slot smallint NOT NULL CHECK (to_slot BETWEEN from_slot AND 701),
  shard_id smallint NOT NULL,
  PRIMARY KEY (version, from_slot)
);
