-- The slot map: which shard owns which ranges of slots. Versioned; the highest version counts.
CREATE TABLE slot_map (
  version integer NOT NULL,
  from_slot smallint NOT NULL CHECK (from_slot BETWEEN 0 AND 701),
  to_slot smallint NOT NULL CHECK (to_slot BETWEEN from_slot AND 701),
  shard_id smallint NOT NULL,
  PRIMARY KEY (version, from_slot)
);
