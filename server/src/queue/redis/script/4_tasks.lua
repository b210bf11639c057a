-- What happens to a task: as decide.rs and state.rs. Everything that changes a task goes through `stand`.
local news

-- The head changed: it is kept, and everyone who listens is told.
local function stand(h)
  moved[h[ID]] = h
  local scope, user = h[SCOPE], h[USER]
  news[#news + 1] = pack('>BBBBHc16c32', 1, h[STATUS], h[WAITS], h[REVIEW], #user, h[ID], scope) .. user
end

-- The task's story goes on. `what` is as event.rs reads it.
local function event(h, what)
  local seq = h[SEQ] + 1
  h[SEQ], h[CHANGED] = seq, wall
  put('events', h[ID] .. pack('>I4', seq), pack('>I6I4', wall, h[ATTEMPT]) .. what)
end

local function due_at(which, time)
  S[which] = math.min(S[which], time)
end

-- Into the line, or where it waits. It is queued, and `h` says what for.
local function into_line(h, is_last)
  local lane, one = h[LANE], met(h[USER])
  if S[QUEUED + lane] == 0 then
    S[OLDEST + lane] = h[PLACE]
  else
    S[OLDEST + lane] = math.min(S[OLDEST + lane], h[PLACE])
  end
  S[QUEUED + lane] = S[QUEUED + lane] + 1
  one.queued = one.queued + 1
  if h[WAITS] ~= 0 then
    S[WAITING + lane] = S[WAITING + lane] + 1
    enter_set('waiting:' .. h[WAITS], h[ID], h[PLACE])
    if h[WAITS] == FOR_TASK and h[AFTER] then enter_set('after:' .. h[AFTER], h[ID], h[PLACE]) end
  elseif h[NOT_BEFORE] > 0 then
    -- The place breaks ties.
    enter_set('paused', pack('>I6', h[PLACE]) .. h[ID], h[NOT_BEFORE])
    due_at(NEXT_PAUSE, h[NOT_BEFORE])
  else
    enter_line(h, is_last)
  end
end

-- Out of the line, wherever it stands. Answers with how many of this person are left in that line of the ring.
local function out_of_line(h)
  local lane, one = h[LANE], met(h[USER])
  S[QUEUED + lane] = S[QUEUED + lane] - 1
  one.queued = one.queued - 1
  if h[WAITS] ~= 0 then
    S[WAITING + lane] = S[WAITING + lane] - 1
    leave_set('waiting:' .. h[WAITS], h[ID])
    if h[WAITS] == FOR_TASK and h[AFTER] then leave_set('after:' .. h[AFTER], h[ID]) end
  elseif h[NOT_BEFORE] > 0 then
    leave_set('paused', pack('>I6', h[PLACE]) .. h[ID])
  else
    return leave_line(h, ring_of(lane, h[PRIORITY]))
  end
end

local function lease_of(h)
  return pack('>I6', h[PLACE]) .. h[ID]
end

-- The worker lets go of it, or lost it. It goes back to the line first: see `Lines::change`.
local function stop_running(h)
  leave_set('leases', lease_of(h))
  S[PROCESSING + h[LANE]] = S[PROCESSING + h[LANE]] - 1
  run(h[USER], -1)
end

local function back_to_line(h)
  h[STATUS] = IN_LINE
  into_line(h)
  stop_running(h)
end

-- What it waited for is there: `which` of its fields says so no more.
local function free(h, which)
  out_of_line(h)
  h[which] = 0
  into_line(h)
end

-- Ends one task. `ends` is what its end brought, `failure` the error in the last event; see end.rs.
local function end_one(h, status, ends, failure)
  if h[STATUS] == IN_LINE then
    out_of_line(h)
  else
    stop_running(h)
  end
  h[STATUS], h[WAITS], h[NOT_BEFORE] = status, 0, 0
  if ends ~= '' then
    put('ends', h[ID], ends)
    flag(h, HAS_END)
  end
  enter_set('ended', h[ID], h[PLACE])
  S[ENDED] = S[ENDED] + 1
  event(h, pack('>c1B', 'F', status) .. failure)
  stand(h)
end

-- An end that brought nothing but an error.
local function only(failure)
  return pack('>I4I4', 0, #failure) .. failure
end

-- Ends a task, and what that means for the tasks that come after it.
local function finish_task(h, status, ends, failure)
  end_one(h, status, ends, failure)
  local ended = { h }
  while #ended > 0 do
    local leader = table.remove(ended)
    if has(leader, HAS_FOLLOWERS) then
      settle('after:' .. leader[ID])
      local followers = call('ZRANGE', K .. 'after:' .. leader[ID], 0, -1)
      fetch('heads', followers)
      for i = 1, #followers do
        local follower = head(followers[i])
        if leader[STATUS] == DONE then
          free(follower, WAITS)
          follower[CHANGED] = wall
          stand(follower)
        else
          ended[#ended + 1] = follower
          end_one(follower, FAILED, only('D'), 'D')
        end
      end
    end
  end
end

-- Takes a task back from a worker that is gone.
local function interrupt(h)
  h[LOST] = h[LOST] + 1
  S[LOSSES] = S[LOSSES] + 1
  event(h, pack('>c1I4', 'I', h[STEP]))
  if has(h, CANCEL_ASKED) then
    finish_task(h, CANCELLED, '', '')
  elseif h[LOST] > says[MAX_LOST] then
    local failure = pack('>c1I4', 'L', h[LOST])
    finish_task(h, FAILED, only(failure), failure)
  else
    back_to_line(h)
    stand(h)
  end
end

local MOST_AT_ONCE = 64

-- The ids at the ends of a set's members, with `each` done to their heads; and when the next is due.
local function due_of(name, each)
  local found = lowest(name, now, MOST_AT_ONCE)
  local ids = {}
  for i = 1, #found, 2 do ids[#ids + 1] = found[i]:sub(7) end
  fetch('heads', ids)
  for i = 1, #ids do each(head(ids[i])) end
  settle(name)
  local next_one = call('ZRANGE', K .. name, 0, 0, 'WITHSCORES')
  return tonumber(next_one[2]) or NEVER
end

-- Lets time pass: what was paused until now is free to go.
local function tick()
  if S[NEXT_PAUSE] <= now then
    S[NEXT_PAUSE] = NEVER
    S[NEXT_PAUSE] = due_of('paused', function(h)
      free(h, NOT_BEFORE)
      moved[h[ID]] = h
    end)
  end
end

-- Takes expired leases back.
local function reclaim()
  if S[NEXT_LEASE] <= now then
    S[NEXT_LEASE] = NEVER
    S[NEXT_LEASE] = due_of('leases', interrupt)
  end
end

-- No task has a place below `LOWEST`.
local function raise_lowest()
  local low, places = S[LOWEST], {}
  for place = low, math.min(low + MOST_AT_ONCE, S[NEXT_PLACE]) - 1 do places[#places + 1] = place end
  local ids = fetch('order', places)
  while low < S[LOWEST] + #places and not ids[low] do low = low + 1 end
  S[LOWEST] = low
end

local function forget(h)
  local id = h[ID]
  for seq = 2, h[SEQ] do put('events', id .. pack('>I4', seq), false) end
  put('bodies', id, false)
  put('ends', id, false)
  put('heads', id, false)
  put('order', h[PLACE], false)
  if h[KEY] then leave_set('same:' .. h[KEY], id) end
  heads[id], moved[id] = false, nil
  news[#news + 1] = pack('>Bc16', 2, id)
  if h[PLACE] == S[LOWEST] then raise_lowest() end
end

-- Forgets the oldest ended tasks when there are more than are kept.
local function forget_oldest()
  local many = math.min(S[ENDED] - says[KEEP], 4 * MOST_AT_ONCE)
  if many <= 0 then return end
  settle('ended')
  local found = call('ZPOPMIN', K .. 'ended', many)
  local ids = {}
  for i = 1, #found, 2 do ids[#ids + 1] = found[i] end
  fetch('heads', ids)
  for i = 1, #ids do forget(head(ids[i])) end
  S[ENDED] = S[ENDED] - #ids
end

-- The tasks that ask the same, the newest first, as long as `look` does not answer.
local function among_same(key, look)
  local name = 'same:' .. key
  settle(name)
  for from = 0, math.huge, 32 do
    local ids = call('ZRANGE', K .. name, from, from + 31, 'REV')
    fetch('heads', ids)
    for i = 1, #ids do
      local answer = look(head(ids[i]))
      if answer ~= nil then return answer end
    end
    if #ids < 32 then return nil end
  end
end
