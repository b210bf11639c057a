-- What a call reads, it reads together; what it changes, it writes together at its end. Hashes and sorted sets.
-- What a call works on is set anew by `begin`; the functions are made once, when Redis loads the library.
local call, K
local MOST_ARGS = 1000
local pack, unpacked

-- The arguments of the call.
local given

-- Calls a command with any number of arguments, some at a time.
local function in_parts(command, key, args)
  for from = 1, #args, MOST_ARGS do
    call(command, K .. key, unpack(args, from, math.min(from + MOST_ARGS - 1, #args)))
  end
end

-- Hashes by name: what is known of their fields (`false`: not there), and which of them changed.
local known, changed

-- Reads those of `fields` that are not known yet.
local function fetch(name, fields)
  local values = known[name]
  if not values then
    values = {}
    known[name] = values
  end
  local missing = {}
  for i = 1, #fields do
    if values[fields[i]] == nil then missing[#missing + 1] = fields[i] end
  end
  for from = 1, #missing, MOST_ARGS do
    local to = math.min(from + MOST_ARGS - 1, #missing)
    local found = call('HMGET', K .. name, unpack(missing, from, to))
    for i = from, to do values[missing[i]] = found[i - from + 1] end
  end
  return values
end

local function get(name, field)
  local values = known[name]
  local value = values and values[field]
  if value == nil then value = fetch(name, { field })[field] end
  return value
end

-- Sets a field, or removes it (`false`).
local function put(name, field, value)
  local values, fields = known[name], changed[name]
  if not values then
    values = {}
    known[name] = values
  end
  if not fields then
    fields = {}
    changed[name] = fields
  end
  values[field] = value
  fields[field] = true
end

-- Sorted sets by name: changes to come (member to score, `false`: leaves), and the beginning as it was read ahead.
local coming, ahead
local read_ahead

local function settle(name)
  local changes = coming[name]
  if not changes then return end
  coming[name] = nil
  local leave, enter = {}, {}
  for member, score in pairs(changes) do
    if score then
      enter[#enter + 1] = score
      enter[#enter + 1] = member
    else
      leave[#leave + 1] = member
    end
  end
  in_parts('ZREM', name, leave)
  in_parts('ZADD', name, enter)
end

-- Who is first. What was read ahead counts as long as only the first leaves and newcomers go to the end.
local function first(name)
  local seen = ahead[name]
  if seen and (seen[seen.at] or seen.all) then return seen[seen.at] end
  settle(name)
  seen = call('ZRANGE', K .. name, 0, read_ahead - 1)
  seen.at, seen.all = 1, #seen < read_ahead
  ahead[name] = seen
  return seen[1]
end

local function note(name, member, score)
  local changes = coming[name]
  if not changes then
    changes = {}
    coming[name] = changes
  end
  changes[member] = score
end

local function leave_set(name, member)
  note(name, member, false)
  local seen = ahead[name]
  if not seen then return end
  if seen[seen.at] == member then
    seen.at = seen.at + 1
  else
    ahead[name] = nil
  end
end

-- `is_last`: the score is above all others there.
local function enter_set(name, member, score, is_last)
  note(name, member, score)
  local seen = ahead[name]
  if not seen then return end
  if not is_last then
    ahead[name] = nil
  elseif seen.all then
    seen[#seen + 1] = member
  end
end

-- The members and scores with a score up to `most`, the lowest first, at most `limit`.
local function lowest(name, most, limit)
  settle(name)
  return call('ZRANGE', K .. name, '-inf', most, 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
end

local function write_all()
  for name, fields in pairs(changed) do
    local values, set, gone = known[name], {}, {}
    for field in pairs(fields) do
      if values[field] then
        set[#set + 1] = field
        set[#set + 1] = values[field]
      else
        gone[#gone + 1] = field
      end
    end
    in_parts('HSET', name, set)
    in_parts('HDEL', name, gone)
  end
  for name in pairs(coming) do settle(name) end
end
