-- Who is next: as line.rs. Each lane has a ring of people for each priority, each person a line of their own there.
local emptied

local function ring_of(lane, priority)
  return lane * 100 + math.min(priority, 52)
end

local function join(ring, user)
  local lane, priority = math.floor(ring / 100), ring % 100
  S[TURNS] = S[TURNS] + 1
  enter_set('ring:' .. ring, user, S[TURNS], true)
  local bits = S[RINGS + lane]
  if bits % 2 ^ (priority + 1) < 2 ^ priority then S[RINGS + lane] = bits + 2 ^ priority end
end

local function part(ring, user)
  leave_set('ring:' .. ring, user)
  emptied[ring] = true
end

-- A lane's highest priority that anybody has a turn at.
local function highest(lane)
  local bits = S[RINGS + lane]
  if bits == 0 then return nil end
  local _, exponent = math.frexp(bits)
  return exponent - 1
end

-- Forgets about rings that nobody stands in any more.
local function clear_rings()
  for ring in pairs(emptied) do
    if not first('ring:' .. ring) then
      local lane, priority = math.floor(ring / 100), ring % 100
      local bits = S[RINGS + lane]
      if bits % 2 ^ (priority + 1) >= 2 ^ priority then S[RINGS + lane] = bits - 2 ^ priority end
    end
  end
  emptied = {}
end

local function is_free(h)
  return h[STATUS] == IN_LINE and h[WAITS] == 0 and h[NOT_BEFORE] == 0
end

-- `is_last`: nobody in line was submitted later.
local function enter_line(h, is_last)
  local one, ring = met(h[USER]), ring_of(h[LANE], h[PRIORITY])
  local count = one.lines[ring] or 0
  one.lines[ring] = count + 1
  enter_set('line:' .. ring .. ':' .. h[USER], h[ID], h[PLACE], is_last)
  if count == 0 and not one.is_held then join(ring, h[USER]) end
end

local function leave_line(h, ring)
  local one = met(h[USER])
  local left = one.lines[ring] - 1
  one.lines[ring] = left > 0 and left or nil
  leave_set('line:' .. ring .. ':' .. h[USER], h[ID])
  if left == 0 and not one.is_held then part(ring, h[USER]) end
  return left
end

-- One more of a person's tasks runs, or one less: at the cap they stand in no ring.
local function run(user, more)
  local one = met(user)
  one.running = math.max(0, one.running + more)
  local is_held = one.running >= says[CAP]
  if is_held ~= one.is_held then
    one.is_held = is_held
    for ring in pairs(one.lines) do (is_held and part or join)(ring, user) end
  end
end

-- The next task out of the lanes of `mask`, and its ring.
local function next_in_line(mask)
  clear_rings()
  local best, lane_of_best
  for lane = 0, 3 do
    if bit.band(mask, bit.lshift(1, lane)) ~= 0 and S[PAUSED + lane] == 0 then
      local priority = highest(lane)
      if
        priority
        and (not best or priority > best or (priority == best and S[SERVED + lane] < S[SERVED + lane_of_best]))
      then
        best, lane_of_best = priority, lane
      end
    end
  end
  if not best then return nil end
  local ring = lane_of_best * 100 + best
  local user = first('ring:' .. ring)
  local line = 'line:' .. ring .. ':' .. user
  local id = first(line)
  if heads[id] == nil then fetch('heads', ahead[line]) end
  return id, ring, user
end

-- The lanes that have somebody whose turn it is.
local function open_lanes()
  clear_rings()
  local mask = 0
  for lane = 0, 3 do
    if S[PAUSED + lane] == 0 and S[RINGS + lane] > 0 then mask = mask + 2 ^ lane end
  end
  return mask
end
