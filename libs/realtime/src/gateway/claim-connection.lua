-- Counts one more connection of somebody (an address, a user), if all processes together may have it.
-- In:  KEYS  1 the connections of the subject: a count a process
--      ARGV  1 this process, 2 its connections of the subject with this one, 3 the most of all together,
--            4 what the key of a process's lease begins with, 5 seconds that counts are kept
-- Out: 1 counted, 0 there are too many
-- Effect: counts of processes whose lease has run out are forgotten: their connections ended with them.
local others = 0
local counts = redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  local process = counts[i]
  if process ~= ARGV[1] then
    if redis.call('EXISTS', ARGV[4] .. process) == 1 then
      others = others + tonumber(counts[i + 1])
    else
      redis.call('HDEL', KEYS[1], process)
    end
  end
end
if others + tonumber(ARGV[2]) > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
