-- logs.lua -- GET /containers/{id}/logs: frames or raw text, tail, follow.

local core = require "luft.core"

core.mine()

local times = require "luft.playground.times"
local wire = require "luft.playground.wire"

-- {source, 0, 0, 0, size (4 bytes, the high one first)}, and the text.
local function frame(source, text)
  local size = #text
  local bytes = {}
  for i = 4, 1, -1 do
    bytes[i] = size % 256
    size = math.floor(size / 256)
  end
  return string.char(source, 0, 0, 0, bytes[1], bytes[2], bytes[3], bytes[4])
    .. text
end

local function wants(query, entry)
  if not wire.flag(query[entry.source == 2 and "stderr" or "stdout"]) then
    return false
  end
  return entry.at >= (tonumber(query.since) or 0)
end

local function written(container, query, entry)
  local text = entry.text
  if wire.flag(query.timestamps) then
    text = times.rfc3339(entry.at) .. " " .. text
  end
  if container.config.Tty == true then return (text:gsub("\n", "\r\n")) end
  return frame(entry.source, text)
end

local function kind_of(container)
  return "application/vnd.docker."
    .. (container.config.Tty == true and "raw" or "multiplexed") .. "-stream"
end

-- The place of the first entry to give, as tail says.
local function first_place(container, query)
  local count = tonumber(query.tail)
  if not count or count < 0 then return 1 end
  local place = #container.log + 1
  while count > 0 and place > 1 do
    place = place - 1
    if wants(query, container.log[place]) then count = count - 1 end
  end
  return place
end

--- The answer to a request for a container's log.
return function(container, query)
  if not wire.flag(query.stdout) and not wire.flag(query.stderr) then
    wire.refuse(400, "Bad parameters: you must choose at least one stream")
  end
  local follows = wire.flag(query.follow)
  local place = first_place(container:settle(), query)
  local function take()
    local parts = {}
    for i = place, #container.log do
      if wants(query, container.log[i]) then
        parts[#parts + 1] = written(container, query, container.log[i])
      end
    end
    place = #container.log + 1
    return table.concat(parts)
  end
  local function next_piece()
    while true do
      local goes_on = container:is_up()
      local piece = take()
      if piece ~= "" then return piece end
      if not goes_on then return nil end
      container:wait()
    end
  end
  return wire.text(follows and next_piece or take(), kind_of(container))
end
