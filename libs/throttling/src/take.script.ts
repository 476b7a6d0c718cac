/**
 * In: the keys of all windows concerned; JSON `[lengths of the windows in ms by key, asks]`, where `asks` is flat: number
 * of requests, number of limits, and for each limit its key's place (from 1) and its cap.
 * Out: Redis's clock in ms, how many requests of each ask were granted, how each window stands now.
 * Effect: counts what is granted, an ask under all of its limits or under none; windows vanish when they are over.
 * Called once for all requests of a turn of the event loop, by LimitStorage only.
 */
export const TAKE = `
local was, counts = {}, {}
for first = 1, #KEYS, 1000 do -- a call takes some 8,000 arguments
  local some = redis.call('MGET', unpack(KEYS, first, math.min(first + 999, #KEYS)))
  for i = 1, #some do
    was[first + i - 1] = some[i]
    counts[first + i - 1] = tonumber(some[i] or 0)
  end
end
local lengths, asks = unpack(cjson.decode(ARGV[1]))
local time = redis.call('TIME')
local out = { time[1] * 1000 + math.floor(time[2] / 1000) }
local at = 1
while at <= #asks do
  local granted, last = asks[at], at + 2 * asks[at + 1]
  for i = at + 2, last, 2 do
    granted = math.min(granted, asks[i + 1] - counts[asks[i]])
  end
  if granted > 0 then
    for i = at + 2, last, 2 do counts[asks[i]] = counts[asks[i]] + granted end
  end
  out[#out + 1] = math.max(0, granted)
  at = last + 2
end
for i = 1, #KEYS do
  if not was[i] then
    redis.call('SET', KEYS[i], counts[i], 'PX', lengths[i] + 5000)
  elseif counts[i] ~= tonumber(was[i]) then
    redis.call('INCRBY', KEYS[i], counts[i] - was[i])
  end
  out[#out + 1] = counts[i]
end
return out`;
