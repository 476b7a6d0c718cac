-- Tells one message on a topic. Called by the relay's broadcasts alone, who are the only publishers.
-- In:  KEYS  1 the topic's counter, 2 its stream, 3 what is known of this message, 4 the topic's pace, 5 the epoch
--      ARGV  1 the channel, 2 and 3 the frame before and after its seq, 4 'once' or 'state',
--            5 once: seconds to remember it for; state: its version, 6 state: milliseconds between two messages,
--            7 seconds that a counter is kept, 8 seconds that a stream is kept, 9 messages in it, 10 bytes of one that is kept
-- Out: { 'told' }, { 'nobody' } nobody follows the topic or did lately, { 'known' } told before, { 'stale' } a newer state
--      was told, { 'wait', milliseconds }
-- Effect: when told, seq is one more than the last. A counter that is missing, or older than the epoch, begins at the
--      clock in microseconds: whoever followed before finds a gap, and gets a snapshot.
local counter, stream, known, pace = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local channel, kind = ARGV[1], ARGV[4]

local last = tonumber(redis.call('GET', counter) or '')
if not last and redis.call('PUBSUB', 'NUMSUB', channel)[2] == 0 then return { 'nobody' } end

if kind == 'once' then
  if not redis.call('SET', known, '1', 'NX', 'EX', ARGV[5]) then return { 'known' } end
else
  local wait = redis.call('PTTL', pace)
  if wait > 0 then return { 'wait', wait } end
  if tonumber(redis.call('GET', known) or '0') > tonumber(ARGV[5]) then return { 'stale' } end
  redis.call('SET', known, ARGV[5], 'EX', ARGV[7])
  redis.call('SET', pace, '1', 'PX', ARGV[6])
end

local epoch = tonumber(redis.call('GET', KEYS[5]) or '0')
if not last or last < epoch then
  local time = redis.call('TIME')
  last = time[1] * 1000000 + time[2]
  redis.call('DEL', stream)
end
local seq = string.format('%.0f', last + 1)
local frame = ARGV[2] .. seq .. ARGV[3]
redis.call('SET', counter, seq, 'EX', ARGV[7])
if #frame <= tonumber(ARGV[10]) then
  redis.call('XADD', stream, 'MAXLEN', '~', ARGV[9], seq .. '-0', 'f', frame)
  redis.call('EXPIRE', stream, ARGV[8])
end
redis.call('PUBLISH', channel, seq .. ' ' .. frame)
return { 'told' }
