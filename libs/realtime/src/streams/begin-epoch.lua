-- Makes everybody start anew: messages were lost, and nobody knows whose. Called by the relay's broadcasts.
-- In:  KEYS 1 the epoch; ARGV 1 the channel of all processes, 2 seconds that a counter is kept
-- Effect: counters of before do not count any more; the processes give everybody a snapshot.
local time = redis.call('TIME')
local epoch = string.format('%.0f', time[1] * 1000000 + time[2])
redis.call('SET', KEYS[1], epoch, 'EX', ARGV[2])
redis.call('PUBLISH', ARGV[1], epoch)
