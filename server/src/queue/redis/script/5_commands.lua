-- The commands. Each takes its arguments from `given` at `at` and answers with a verdict: a short list that says what was
-- decided, from which `shown` makes the answer now, or again when the first was lost.
local at

local function arg()
  at = at + 1
  return given[at]
end

local function numbers(format)
  return unpacked(format, arg())
end

local TOO_MANY, TOO_MANY_EACH, TOO_MANY_EVENTS, TOO_MANY_REVIEWS, TOO_LARGE = 1, 2, 3, 4, 5
local function full(what) return { 'full', what } end
local function not_found(id) return { 'none', id } end
local function wrong(h) return { 'wrong', h[ID], h[STATUS], h[REVIEW] } end

-- The head of the task that a lease still holds, or why not.
local function held(id, attempt)
  local h = head(id)
  if not h then return nil, not_found(id) end
  if h[STATUS] ~= RUNNING or h[ATTEMPT] ~= attempt then return nil, { 'lost', id } end
  return h
end

local commands = {}

local function recall(h, answered)
  h[STATUS], h[REVIEW] = DONE, answered[REVIEW]
  if has(answered, HAS_END) then
    flag(h, HAS_END)
    put('ends', h[ID], get('ends', answered[ID]))
  end
  flag(h, RECALLED)
  enter_set('ended', h[ID], h[PLACE])
  S[ENDED] = S[ENDED] + 1
  event(h, pack('>c1B', 'F', DONE))
  stand(h)
end

-- When all that was taken at a pace is paid back, by key; Redis keeps it so much longer than it counts, in milliseconds.
local paid_back, SLACK = nil, 60000

-- Takes one at each of `count` paces, or nothing and tells in how many milliseconds that will do: as pace.rs.
local function take(from, count)
  local dues, early = {}, 0
  for i = from + 1, from + 2 * count, 2 do
    local key = given[i]
    local every, tolerance = unpacked('<dd', given[i + 1])
    local due = math.max(now, paid_back[key] or tonumber(call('GET', K .. 'pace:' .. key) or 0))
    early = math.max(early, due - now - tolerance)
    dues[key] = due + every
  end
  if early > 0 then return early end
  for key, due in pairs(dues) do
    paid_back[key] = due
    call('SET', K .. 'pace:' .. key, string.format('%d', due), 'PX', string.format('%d', due - now + SLACK))
  end
  return 0
end

function commands.submit()
  local id, tail, body = arg(), arg(), arg()
  local lane, priority, joins, is_large, run_at, paces = numbers('<BBBBdd')
  local from = at
  at = at + 2 * paces
  local there = head(id)
  if there then
    if there[SENT] == tail:sub(1, 8) then return { 'known', id } end
    return { 'taken', id }
  end
  if is_large == 1 then return full(TOO_LARGE) end
  local early = take(from, paces)
  if early > 0 then return { 'soon', early } end
  -- Its first event, `queued`, is told by the head alone.
  local h = { IN_LINE, 0, 0, 0, lane, priority, 0, 0, 0, 0, 1, S[NEXT_PLACE], wall, wall, 0, id }
  read_tail(h, tail)
  local key, answered = h[KEY], nil
  if key then
    local same = joins == 1 and among_same(key, function(other)
      if other[STATUS] < DONE then return other[ID] end
    end)
    if same then return { 'same', same } end
    -- The newest that answered well, unless a person turned it down; one that a limit cut short is asked anew.
    answered = among_same(key, function(other)
      if other[STATUS] == DONE and other[REVIEW] <= 1 then return not has(other, CUT_SHORT) and other end
    end)
  end
  local leader
  if not answered then
    local queued = S[QUEUED] + S[QUEUED + 1] + S[QUEUED + 2] + S[QUEUED + 3]
    if queued >= says[MAX_QUEUED] then return full(TOO_MANY) end
    if person(h[USER]).queued >= says[MAX_QUEUED_EACH] then return full(TOO_MANY_EACH) end
    if h[AFTER] then
      leader = head(h[AFTER])
      if not leader then return not_found(h[AFTER]) end
    end
  end
  S[NEXT_PLACE] = S[NEXT_PLACE] + 1
  heads[id] = h
  put('bodies', id, body)
  put('order', h[PLACE], id)
  if key then enter_set('same:' .. key, id, h[PLACE], true) end
  if answered then
    recall(h, answered)
    return { 'new', id }
  end
  if run_at > wall then h[NOT_BEFORE] = now + run_at - wall end
  if leader and leader[STATUS] < DONE then
    h[WAITS] = FOR_TASK
    flag(leader, HAS_FOLLOWERS)
    moved[leader[ID]] = leader
  end
  into_line(h, true)
  stand(h)
  if leader and leader[STATUS] > DONE then end_one(h, FAILED, only('D'), 'D') end
  return { 'new', id }
end

function commands.lease()
  local worker = arg()
  local mask, want, ttl = numbers('<Bdd')
  reclaim()
  local verdict = { 'leased' }
  local expires = math.min(now + ttl, NEVER - 1)
  while #verdict <= want * 3 do
    local id, ring, user = next_in_line(mask)
    if not id then break end
    local h = head(id)
    -- The person and the lane go to the end.
    if out_of_line(h) > 0 then
      part(ring, user)
      join(ring, user)
    end
    S[LEASES] = S[LEASES] + 1
    S[SERVED + h[LANE]] = S[LEASES]
    S[PROCESSING + h[LANE]] = S[PROCESSING + h[LANE]] + 1
    run(user, 1)
    h[STATUS], h[ATTEMPT], h[STEP] = RUNNING, h[ATTEMPT] + 1, 0
    enter_set('leases', lease_of(h), expires)
    due_at(NEXT_LEASE, expires)
    event(h, pack('>c1H', 'S', #worker) .. worker .. h[MODEL])
    stand(h)
    verdict[#verdict + 1] = id
    verdict[#verdict + 1] = h[ATTEMPT]
    verdict[#verdict + 1] = expires
  end
  return verdict
end

-- What is due, is free to go.
function commands.due()
  if S[NEXT_LEASE] <= now then
    settle('leases')
    local next_one = call('ZRANGE', K .. 'leases', 0, 0, 'WITHSCORES')
    S[NEXT_LEASE] = tonumber(next_one[2]) or NEVER
  end
  return { 'ok' }
end

function commands.renew()
  local id = arg()
  local attempt, ttl = numbers('<dd')
  local h, why = held(id, attempt)
  if not h then return why end
  local expires = math.min(now + ttl, NEVER - 1)
  enter_set('leases', lease_of(h), expires)
  due_at(NEXT_LEASE, expires)
  return { 'beat', has(h, CANCEL_ASKED) and 1 or 0 }
end

function commands.append()
  local id = arg()
  local attempt, count, step, gets_on, is_large = numbers('<dddBB')
  local from = at
  if is_large == 0 then at = at + count end
  local h, why = held(id, attempt)
  if not h then return why end
  if h[SEQ] + count > says[MAX_EVENTS] then return full(TOO_MANY_EVENTS) end
  if is_large == 1 then return full(TOO_LARGE) end
  for i = 1, count do event(h, given[from + i]) end
  if count > 0 then
    if step >= 0 then h[STEP] = step end
    -- The workers that were lost until here are not its fault.
    if gets_on == 1 then h[LOST] = 0 end
    moved[id] = h
    news[#news + 1] = pack('>Bc16', 2, id)
  end
  return { 'seq', h[SEQ] }
end

local function again(h, pause, what)
  h[NOT_BEFORE] = math.min(now + pause, NEVER - 1)
  back_to_line(h)
  event(h, what)
  stand(h)
  return { 'task', h[ID] }
end

-- Lets go of a task. `kind` is the outcome: d(one), f(ailed), c(ancelled), w(ait), a(gain).
function commands.finish()
  local id, kind, what, ends, failure = arg(), arg(), arg(), arg(), arg()
  local attempt, which, is_large, cut_short, pause = numbers('<dBBBd')
  local h, why = held(id, attempt)
  if not h then return why end
  if is_large == 1 then return full(TOO_LARGE) end
  local is_cancelled, is_full = has(h, CANCEL_ASKED), h[SEQ] >= says[MAX_EVENTS]
  if kind == 'd' then
    h[REVIEW] = which
    if cut_short == 1 then flag(h, CUT_SHORT) end
    finish_task(h, DONE, ends, failure)
  elseif kind == 'f' and pause >= 0 and not is_cancelled and not is_full then
    h[FAILURES] = h[FAILURES] + 1
    S[RETRIES] = S[RETRIES] + 1
    return again(h, pause, what)
  elseif kind == 'f' then
    finish_task(h, FAILED, ends, failure)
  elseif kind == 'c' then
    finish_task(h, CANCELLED, ends, '')
  elseif is_cancelled then
    finish_task(h, CANCELLED, '', '')
  elseif is_full then
    failure = pack('>c1I4', 'M', h[SEQ])
    finish_task(h, FAILED, only(failure), failure)
  elseif kind == 'w' then
    h[WAITS] = which
    back_to_line(h)
    event(h, what)
    stand(h)
  else
    return again(h, pause, what)
  end
  return { 'task', id }
end

function commands.cancel()
  local id = arg()
  local h = head(id)
  if not h then return not_found(id) end
  if h[STATUS] == DONE or h[STATUS] == FAILED then return wrong(h) end
  if h[STATUS] == IN_LINE then
    finish_task(h, CANCELLED, '', '')
  elseif h[STATUS] == RUNNING and not has(h, CANCEL_ASKED) then
    flag(h, CANCEL_ASKED)
    event(h, 'C')
    stand(h)
  end
  return { 'whole', id }
end

function commands.edit()
  local id, model, body = arg(), arg(), arg()
  local priority, is_large = numbers('<dB')
  local h = head(id)
  if not h then return not_found(id) end
  if h[STATUS] ~= IN_LINE then return wrong(h) end
  if h[SEQ] >= says[MAX_EVENTS] then return full(TOO_MANY_EVENTS) end
  if is_large == 1 then return full(TOO_LARGE) end
  if body ~= '' then put('bodies', id, body) end
  if model ~= '' then
    local tail = h[TAIL]
    local from = 47 + #h[USER]
    tail = tail:sub(1, 42) .. pack('>H', #model) .. tail:sub(45, from - 1) .. model .. tail:sub(from + #h[MODEL])
    read_tail(h, tail)
  end
  if priority >= 0 and priority ~= h[PRIORITY] then
    out_of_line(h)
    h[PRIORITY] = priority
    into_line(h)
  end
  event(h, 'E')
  stand(h)
  return { 'whole', id }
end

function commands.review()
  local id, digest, result, what = arg(), arg(), arg(), arg()
  local expected, review, is_large = numbers('<BBB')
  local h = head(id)
  if not h then return not_found(id) end
  local ends = get('ends', id) or only('')
  local metrics, failure = unpacked('>I4I4', ends)
  local before = 8 + metrics + failure
  if h[STATUS] ~= DONE or h[REVIEW] ~= expected or ends:sub(before + 1, before + 8) ~= digest then
    return wrong(h)
  end
  if h[SEQ] >= says[MAX_WITH_REVIEWS] then return full(TOO_MANY_REVIEWS) end
  if is_large == 1 then return full(TOO_LARGE) end
  h[REVIEW] = review
  flag(h, HAS_END)
  put('ends', id, ends:sub(1, before) .. result)
  event(h, what)
  stand(h)
  return { 'whole', id }
end

function commands.pause()
  local lane, is_paused = numbers('<Bd')
  if S[PAUSED + lane] ~= is_paused then
    S[PAUSED + lane] = is_paused
    news[#news + 1] = pack('>B', 3)
  end
  return { 'ok' }
end

-- Frees some of those who wait for `what`, and answers how many more may be left.
function commands.wake()
  local what = numbers('<B')
  settle('waiting:' .. what)
  local ids = call('ZRANGE', K .. 'waiting:' .. what, 0, MOST_AT_ONCE - 1)
  fetch('heads', ids)
  for i = 1, #ids do
    local h = head(ids[i])
    free(h, WAITS)
    h[CHANGED] = wall
    stand(h)
  end
  return { 'seq', #ids }
end
