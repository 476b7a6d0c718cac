-- Where a topic stands, and what somebody missed. Called by the processes that clients are connected to.
-- In:  KEYS  1 the topic's counter, 2 its stream, 3 the epoch
--      ARGV  1 the last seq that the client saw; empty: none, 2 seconds that a counter is kept, 3 messages at the most
-- Out: { seq, frames }: the topic's seq, and the frames after what the client saw; frames is 0 when they are not all there
-- Effect: a counter that is missing, or older than the epoch, begins at the clock in microseconds, so that from now on
--      messages on the topic are kept.
local counter, stream = KEYS[1], KEYS[2]
local last = redis.call('GET', counter)
if not last or tonumber(last) < tonumber(redis.call('GET', KEYS[3]) or '0') then
  local time = redis.call('TIME')
  last = string.format('%.0f', time[1] * 1000000 + time[2])
  redis.call('SET', counter, last)
  redis.call('DEL', stream)
end
redis.call('EXPIRE', counter, ARGV[2])
if ARGV[1] == '' then return { last, 0 } end

local missed = tonumber(last) - tonumber(ARGV[1])
if missed < 0 or missed > tonumber(ARGV[3]) then return { last, 0 } end
local frames = {}
if missed == 0 then return { last, frames } end
for _, entry in ipairs(redis.call('XRANGE', stream, '(' .. ARGV[1] .. '-0', last .. '-0')) do
  frames[#frames + 1] = entry[2][2]
end
-- One that was trimmed, too large to be kept, or expired is missing.
if #frames ~= missed then return { last, 0 } end
return { last, frames }
