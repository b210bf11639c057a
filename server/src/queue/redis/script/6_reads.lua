-- The questions, and how a verdict is shown.

function commands.get() return { 'whole', arg() } end
function commands.head() return { 'task', arg() } end

-- A head as readers see it.
local function as_shown(h)
  return encoded(h), is_free(h) and person(h[USER]).is_held and 1 or 0
end

local function whole(answer, h)
  local id, n = h[ID], #answer
  answer[n + 1], answer[n + 2] = as_shown(h)
  answer[n + 3] = get('bodies', id)
  answer[n + 4] = has(h, HAS_END) and get('ends', id) or ''
end

function commands.events()
  local id = arg()
  local after, limit = numbers('<dd')
  local h = head(id)
  if not h then return not_found(id) end
  local answer, fields = { 'events', encoded(h) }, {}
  for seq = math.max(after + 1, 2), math.min(after + limit, h[SEQ]) do
    fields[#fields + 1] = id .. pack('>I4', seq)
  end
  local kept = fetch('events', fields)
  for i = 1, #fields do answer[#answer + 1] = kept[fields[i]] end
  return answer
end

-- Tasks before a place, the newest first, as long as it takes no more than so many steps.
local MOST_STEPS = 1024

function commands.list()
  local after, project, session = arg(), arg(), arg()
  local before, limit, status = numbers('<ddB')
  if after ~= '' then
    local h = head(after)
    if not h then return not_found(after) end
    before = h[PLACE]
  end
  local place = math.min(before, S[NEXT_PLACE])
  local answer, found, last = { 'list', -1 }, 0, math.max(S[LOWEST], place - MOST_STEPS)
  while place > last and found < limit do
    local places, ids = {}, {}
    for p = place - 1, math.max(last, place - MOST_AT_ONCE), -1 do places[#places + 1] = p end
    local at_place = fetch('order', places)
    for i = 1, #places do ids[#ids + 1] = at_place[places[i]] or nil end
    fetch('heads', ids)
    for i = 1, #ids do
      local h = head(ids[i])
      if
        found < limit
        and (status > CANCELLED or h[STATUS] == status)
        and (project == '' or project == h[SCOPE]:sub(1, 16))
        and (session == '' or session == h[SCOPE]:sub(17))
      then
        found = found + 1
        answer[#answer + 1] = ids[i]
        whole(answer, h)
      end
    end
    place = places[#places]
  end
  if place > S[LOWEST] and found < limit then answer[2] = place end
  return answer
end

-- The oldest task in line of a lane: nobody stands in line before `OLDEST`, which is moved on here.
local function oldest(lane)
  local place, last = S[OLDEST + lane], S[OLDEST + lane] + MOST_STEPS
  place = math.max(place, S[LOWEST])
  while place < S[NEXT_PLACE] and place < last do
    local places, ids = {}, {}
    for p = place, math.min(place + MOST_AT_ONCE, S[NEXT_PLACE]) - 1 do places[#places + 1] = p end
    local at_place = fetch('order', places)
    for i = 1, #places do ids[#ids + 1] = at_place[places[i]] or nil end
    fetch('heads', ids)
    for i = 1, #ids do
      local h = head(ids[i])
      if h[LANE] == lane and h[STATUS] == IN_LINE then
        S[OLDEST + lane] = h[PLACE]
        return h[MADE]
      end
    end
    place = place + #places
  end
  S[OLDEST + lane] = place
  return -1
end

function commands.stats()
  local answer, is_sought = { S[LOSSES], S[RETRIES] }, 0
  for lane = 0, 3 do
    local made = -1
    if S[QUEUED + lane] > 0 then
      made = oldest(lane)
      if made < 0 then is_sought = 1 end
    end
    for _, number in ipairs({ S[QUEUED + lane], S[WAITING + lane], S[PROCESSING + lane], S[PAUSED + lane], made }) do
      answer[#answer + 1] = number
    end
  end
  return { 'stats', is_sought, pack('<' .. string.rep('d', #answer), unpack(answer)) }
end

-- The answer that a verdict stands for.
local function shown(verdict)
  local what, id = verdict[1], verdict[2]
  if what == 'new' or what == 'task' or what == 'known' or what == 'same' or what == 'whole' then
    local h = head(id)
    if not h then return not_found(id) end
    local answer = { what, what == 'same' and id or nil }
    if what == 'task' or (what == 'new' and not has(h, HAS_END)) then
      answer[#answer + 1], answer[#answer + 2] = as_shown(h)
    else
      whole(answer, h)
    end
    return answer
  end
  if what == 'leased' then
    local answer, ids = { what }, {}
    for i = 2, #verdict, 3 do ids[#ids + 1] = verdict[i] end
    fetch('bodies', ids)
    for i = 2, #verdict, 3 do
      local h = head(verdict[i])
      if h then
        local n = #answer
        answer[n + 1], answer[n + 2] = verdict[i], verdict[i + 1]
        answer[n + 3], answer[n + 4] = pack('<d', verdict[i + 2]), encoded(h)
        answer[n + 5] = get('bodies', verdict[i])
      end
    end
    return answer
  end
  return verdict
end
