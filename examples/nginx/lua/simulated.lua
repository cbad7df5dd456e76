-- simulated.lua -- no network: the playground, and a server of files.

local luft = require "luft"

local LINES, LINES_A_PIECE = 100000, 1000
local LINE = "line %06d\n"

-- A function that gives the file piece by piece, and at last nil.
local function pieces()
  local number = 0
  return function()
    if number == LINES then return nil end
    local lines = {}
    for i = 1, LINES_A_PIECE do lines[i] = LINE:format(number + i) end
    number = number + LINES_A_PIECE
    return table.concat(lines)
  end
end

local function file(request)
  return {
    status = 200,
    headers = {
      ["Content-Type"] = "text/plain",
      ["Content-Length"] = tostring(LINES * #LINE:format(0)),
    },
    body = request.method == "GET" and pieces() or nil,
  }
end

require "luft.playground".install()

local playground = luft.transport(nil)

-- What luft sends comes here instead of going to the network.
luft.transport(function(request)
  if request.endpoint:find("://files.example", 1, true) then
    return file(request)
  end
  return playground(request)
end)
