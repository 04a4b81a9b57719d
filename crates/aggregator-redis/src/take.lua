-- One step of the limit of a service: GCRA, as `Gcra` of aggregator-policies decides it. All times are whole microseconds, which
-- numbers of Lua hold exactly below 2^53.
--
-- KEYS[1]  a hash: `due`, when the next request would be due if all came evenly, and `held`, until when none is granted
-- KEYS[2]  a sorted set: when each process has asked last
-- ARGV[1]  time between two requests
-- ARGV[2]  time by which requests may come early: that between two, for each of the burst but one
-- ARGV[3]  time for which nothing is granted from now on, and then one at a time; 0 for none
-- ARGV[4]  1 to take a permission, 0 to ask for none
-- ARGV[5]  the process that asks
-- ARGV[6]  time after which a process is forgotten
--
-- Returns 1 if it is granted, the time to wait, and the number of processes.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local interval, early, hold = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local forgotten = tonumber(ARGV[6])

-- Lua writes large numbers as 1.8e+15 if it is not told how.
local function whole(number)
  return string.format('%.0f', number)
end

-- Milliseconds, rounded up: nothing is forgotten before it is over.
local function expire(key, microseconds)
  redis.call('PEXPIRE', key, whole(math.max(1, math.ceil(microseconds / 1000))))
end

local state = redis.call('HMGET', KEYS[1], 'due', 'held')
local due, held = tonumber(state[1] or now), tonumber(state[2] or 0)
-- No more than all of the burst can be used up. It is more where the clock was set back, or where the limit was another one, of
-- which days might be left to wait.
due = math.min(due, math.max(now, held) + early + interval)

if hold > 0 then
  held = math.max(held, now + hold)
  due = math.max(due, held + early)
end

local free = due - early
local granted = ARGV[4] == '1' and now >= free
if granted then
  due = math.max(due, now) + interval
end
if granted or hold > 0 then
  redis.call('HSET', KEYS[1], 'due', whole(due), 'held', whole(held))
  expire(KEYS[1], math.max(due, held) - now)
end

redis.call('ZADD', KEYS[2], whole(now), ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', whole(now - forgotten))
expire(KEYS[2], forgotten)

if granted then
  return {1, 0, redis.call('ZCARD', KEYS[2])}
end
return {0, math.max(0, free - now), redis.call('ZCARD', KEYS[2])}
