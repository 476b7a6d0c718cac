// What Redis does with the mirror of a list. KEYS 1: what is known of the list, a hash: its generation, how often it changed, and
// the versions of entries that have another than their first. KEYS 2: who waits, a sorted set by rank, with a mark before all
// others once it is complete: so ZRANK counts the waiting from 1.

// In: a generation, milliseconds to live. Effect: an empty list, of which nothing is told until it is complete.
export const BEGIN = `
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'generation', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

// In: the generation under which was read what follows: entry, version, rank (empty: does not wait), again and again.
// Out: 1; 0 when the list is not of that generation any more. Effect: each entry as it was read, unless a later version is known.
export const PUT = `
  if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
  local changed = 0
  for i = 2, #ARGV, 3 do
    local id, version, rank = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
    if version >= tonumber(redis.call('HGET', KEYS[1], id) or '1') then
      if rank == '' then
        changed = changed + redis.call('ZREM', KEYS[2], id)
      else
        changed = changed + redis.call('ZADD', KEYS[2], 'CH', rank, id)
      end
      if version > 1 then redis.call('HSET', KEYS[1], id, version) end
    end
  end
  if changed > 0 then redis.call('HINCRBY', KEYS[1], 'changes', 1) end
  redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[1]))
  return 1`;

// In: a generation. Effect: the list is complete, if it still is of that generation.
export const COMPLETE = `
  if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
  redis.call('ZADD', KEYS[2], -1, 'complete')
  redis.call('PEXPIRE', KEYS[2], redis.call('PTTL', KEYS[1]))
  return 1`;

// In: entries. Out: microseconds since 1970, how many wait, and the position of each, 0 where it does not wait; nothing when the
// list is not complete.
export const POSITIONS = `
  if redis.call('HEXISTS', KEYS[1], 'generation') == 0 or not redis.call('ZSCORE', KEYS[2], 'complete') then return false end
  local time = redis.call('TIME')
  local found = { time[1] * 1000000 + time[2], redis.call('ZCARD', KEYS[2]) - 1 }
  for i, id in ipairs(ARGV) do found[i + 2] = redis.call('ZRANK', KEYS[2], id) or 0 end
  return found`;
