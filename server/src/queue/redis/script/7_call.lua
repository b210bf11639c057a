-- One call: all commands in order, then what changed is written, and what others should know is told.
local READS = { get = true, head = true, events = true, list = true, stats = true }
-- Seconds for which the verdicts of a caller's last call are kept.
local REMEMBERED = 300
-- Calls whose news are kept for those who listen.
local MOST_NEWS = 256

-- What a call tells: which lanes are open, when something is due, and what happened.
local function tidings()
  local due = math.min(S[NEXT_PAUSE], S[NEXT_LEASE]) - S[SET_BACK]
  return pack('<Bd', open_lanes(), due) .. table.concat(news)
end

-- What others told since the caller last listened, the oldest first; nothing when that is too much to tell.
local function untold()
  local told, newest, answer = says[TOLD], S[NEWS], {}
  if told < newest and newest - told <= MOST_AT_ONCE then
    for _, entry in ipairs(call('XRANGE', K .. 'news', '(' .. told .. '-0', '+')) do
      answer[#answer + 1] = entry[2][2]
    end
  end
  return answer
end

-- Nothing of the call before is left.
local function begin(key, args)
  call, pack, unpacked = redis.call, struct.pack, struct.unpack
  K, given, at = key .. ':', args, 3
  known, changed, coming, ahead, read_ahead = {}, {}, {}, {}, 1
  heads, moved, people, changed_people = {}, {}, {}, {}
  emptied, news, paid_back = {}, {}, {}
  says = { unpacked('<dddddddddddd', args[1]) }
end

local function carry_out(keys, args)
  begin(keys[1], args)
  local other = read_state()
  if other then return redis.error_reply('FORMAT ' .. other) end
  local caller, reply, verdicts = K .. 'calls:' .. args[2], { false, false, false }, nil
  -- A call whose answer was lost comes again, and may then come twice: over the connection that hung, too.
  local kept = call('GET', caller)
  if kept then
    local number = unpacked('<d', kept)
    if number > says[NUMBER] then return redis.error_reply('STALE a later call of this caller was answered') end
    if number == says[NUMBER] then verdicts = cmsgpack.unpack(kept:sub(9)) end
  end

  if verdicts then
    for i = 1, #verdicts do reply[#reply + 1] = shown(verdicts[i]) end
    reply[3] = untold()
    reply[2] = tidings()
  else
    reply[3] = untold()
    local ids, writes = {}, false
    for from = 1, #args[3], 16 do ids[#ids + 1] = args[3]:sub(from, from + 15) end
    fetch('heads', ids)
    read_ahead = math.max(1, math.min(MOST_AT_ONCE, says[WANTED]))
    verdicts = {}
    while at < #args do
      local name = arg()
      if not writes and not READS[name] then
        writes = true
        tick()
      end
      local verdict = commands[name]()
      verdicts[#verdicts + 1] = verdict
      reply[#reply + 1] = shown(verdict)
    end
    forget_oldest()
    reply[2] = tidings()
    if #news > 0 then
      S[NEWS] = S[NEWS] + 1
      call('XADD', K .. 'news', 'MAXLEN', '~', MOST_NEWS, S[NEWS] .. '-0', 'n', reply[2])
    end
    if writes then
      write_state()
      write_all()
      call('SET', caller, pack('<d', says[NUMBER]) .. cmsgpack.pack(verdicts), 'EX', REMEMBERED)
    end
  end

  reply[1] = pack('<dd', wall, S[NEWS])
  return reply
end
