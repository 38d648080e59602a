-- One look at a budget that several machines share.
--
-- KEYS[1]  the budget
-- ARGV     1 microseconds between two tokens   2 burst   3 tokens wanted
--          4 tokens that the caller took elsewhere since it last asked
--          5 the arrival time that the caller was told last, 0 if none
-- Answers  {tokens granted, now, arrival time}, in microseconds of this server's clock, or
--          {-1, interval, burst} if the key is in use with these other settings, or
--          {-2, 0, 0} if it holds something else.
--
-- All numbers are whole and below 2^53, so that a Lua number holds them exactly.
local interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local elsewhere, told = tonumber(ARGV[4]), tonumber(ARGV[5])
local capacity = interval * burst
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local arrival = told
local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'table' then
  return {-2, 0, 0}
elseif stored then
  local at, step, size = string.match(stored, '^(%d+) (%d+) (%d+)$')
  if not at then
    return {-2, 0, 0}
  elseif tonumber(step) ~= interval or tonumber(size) ~= burst then
    return {-1, tonumber(step), tonumber(size)}
  end
  arrival = math.max(told, tonumber(at))
elseif told > now then
  -- The key would still be there if it had not been lost: who else took from it is unknown.
  arrival = now + capacity
end

-- Never more than an empty bucket: a clock that was set back must not stop the limit for as long.
arrival = math.min(math.max(arrival, now) + elsewhere * interval, now + capacity)
local granted = math.min(wanted, math.floor((now + capacity - arrival) / interval))
arrival = arrival + granted * interval
if arrival > now then
  -- Once the bucket is full the key says nothing. The second more keeps a rounded expiry from
  -- looking like a loss.
  local value = string.format('%.0f %.0f %.0f', arrival, interval, burst)
  redis.call('SET', KEYS[1], value, 'PX', math.ceil((arrival - now) / 1000) + 1000)
end
return {granted, now, arrival}
