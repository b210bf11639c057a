-- One call: all commands in order, then what changed is written, and what others should know is told.
local caller = K .. 'calls:' .. ARGV[2]
local READS = { get = true, head = true, events = true, list = true, stats = true }
-- Seconds for which the verdicts of a caller's last call are kept.
local REMEMBERED = 300
-- Calls whose news are kept for those who listen.
local MOST_NEWS = 256

-- What a call tells: which lanes are open, when something is due, and what happened.
local function tidings()
  local due = math.min(S[NEXT_PAUSE], S[NEXT_LEASE]) - S[SET_BACK]
  return struct.pack('<Bd', open_lanes(), due) .. table.concat(news)
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

local reply = { false, false, false }
local verdicts

-- A call whose answer was lost comes again, and may then come twice: over the connection that hung, too.
local kept = call('GET', caller)
if kept then
  local number = struct.unpack('<d', kept)
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
  for from = 1, #ARGV[3], 16 do ids[#ids + 1] = ARGV[3]:sub(from, from + 15) end
  fetch('heads', ids)
  read_ahead = math.max(1, math.min(MOST_AT_ONCE, says[WANTED]))
  verdicts, at = {}, 3
  while at < #ARGV do
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
    call('SET', caller, struct.pack('<d', says[NUMBER]) .. cmsgpack.pack(verdicts), 'EX', REMEMBERED)
  end
end

reply[1] = struct.pack('<dd', wall, S[NEWS])
return reply
