-- The ledger's counters, the heads of tasks and the people: how they are kept, and as what they are used.

-- What the caller says: see `Terms` in call.rs.
local FORMAT, CLOCK, TOLD, NUMBER, WANTED, CAP, MAX_QUEUED, MAX_QUEUED_EACH, MAX_EVENTS, MAX_WITH_REVIEWS, KEEP, MAX_LOST =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
local says

-- The counters. A lane's are at the name plus the lane's number, 0 to 3.
local S_FORMAT, NEXT_PLACE, TURNS, LEASES, NEWS, LAST, SET_BACK, LOSSES, RETRIES, ENDED, NEXT_PAUSE, NEXT_LEASE, LOWEST =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
local SERVED, RINGS, PAUSED, QUEUED, PROCESSING, WAITING, OLDEST = 14, 18, 22, 26, 30, 34, 38
local COUNTERS = 41
local NEVER = 2 ^ 48
local STATE = '<' .. ('d'):rep(COUNTERS)

local S

-- What people see as the time, and what pauses and leases are measured by: that one is never set back.
local wall, now

local function read_time()
  wall = says[CLOCK]
  if wall < 0 then
    local time = call('TIME')
    wall = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  now = wall + S[SET_BACK]
  if now < S[LAST] then
    S[SET_BACK] = S[SET_BACK] + S[LAST] - now
    now = S[LAST]
  end
  S[LAST] = now
end

-- Reads the counters; another format than ours is the answer.
local function read_state()
  local kept = call('GET', K .. 'state')
  if kept then
    S = { unpacked(STATE, kept) }
  else
    S = {}
    for i = 1, COUNTERS do S[i] = 0 end
    S[S_FORMAT], S[NEXT_PAUSE], S[NEXT_LEASE] = says[FORMAT], NEVER, NEVER
  end
  if S[S_FORMAT] ~= says[FORMAT] then return S[S_FORMAT] end
  read_time()
end

-- A head: what changes, then what stays. See head.rs.
local STATUS, WAITS, REVIEW, FLAGS, LANE, PRIORITY, FAILURES, LOST, ATTEMPT, STEP, SEQ, PLACE, MADE, CHANGED, NOT_BEFORE =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
local ID, TAIL, SENT, SCOPE, USER, MODEL, AFTER, KEY = 16, 17, 18, 19, 20, 21, 22, 23
local MOVING = '>BBBBBBHHI4I4I4I6I6I6I6'
local MOVING_BYTES = 46
local IN_LINE, RUNNING, DONE, FAILED, CANCELLED = 0, 1, 2, 3, 4
local FOR_TASK, FOR_SLOT = 5, 4
local CANCEL_ASKED, HAS_END, CUT_SHORT, RECALLED, HAS_FOLLOWERS = 1, 2, 4, 8, 16

local heads, moved

local function read_tail(h, tail)
  local sent, scope, user, model, after, key = unpacked('>c8c32HHBB', tail)
  local from = 47
  h[TAIL], h[SENT], h[SCOPE] = tail, sent, scope
  h[USER] = tail:sub(from, from + user - 1)
  from = from + user
  h[MODEL] = tail:sub(from, from + model - 1)
  from = from + model
  h[AFTER] = after > 0 and tail:sub(from, from + after - 1)
  h[KEY] = key > 0 and tail:sub(from + after, from + after + key - 1)
end

-- The head of a task, or nothing.
local function head(id)
  local h = heads[id]
  if h == nil then
    local kept = get('heads', id)
    h = false
    if kept then
      h = { unpacked(MOVING, kept) }
      h[ID] = id
      read_tail(h, kept:sub(MOVING_BYTES + 1))
    end
    heads[id] = h
  end
  return h
end

local function encoded(h)
  return pack(MOVING, unpack(h, 1, 15)) .. h[TAIL]
end

local function has(h, flag)
  return h[FLAGS] % (2 * flag) >= flag
end

local function flag(h, which)
  if not has(h, which) then h[FLAGS] = h[FLAGS] + which end
end

-- A person: how many of their tasks run, how many are in line, how many stand in each ring's line, and whether they are
-- held back because as many run as may.
local people, changed_people

local function person(user)
  local one = people[user]
  if not one then
    local kept = get('people', user)
    if kept then
      local running, queued, lines, is_held = unpack(cmsgpack.unpack(kept))
      one = { running = running, queued = queued, lines = lines, is_held = is_held }
    else
      one = { running = 0, queued = 0, lines = {}, is_held = false }
    end
    people[user] = one
  end
  return one
end

-- A person who is about to change.
local function met(user)
  local one = person(user)
  changed_people[user] = one
  return one
end

local function write_state()
  for id, h in pairs(moved) do put('heads', id, encoded(h)) end
  for user, one in pairs(changed_people) do
    local is_gone = one.running == 0 and one.queued == 0
    put('people', user, not is_gone and cmsgpack.pack({ one.running, one.queued, one.lines, one.is_held }))
  end
  call('SET', K .. 'state', pack(STATE, unpack(S)))
end
