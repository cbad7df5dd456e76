-- watch.lua -- goes in front of a script on the playground (luft -e): says on
-- stdout which containers were created and removed where, and does what
-- LUFT_TEST_AT says: "POST /start 2 INT" sends SIGINT when the second request
-- with that method and that word in its path was answered.

local luft = require "luft"
local simulated = luft.transport(nil)

local method, word, number, signal =
  (os.getenv("LUFT_TEST_AT") or ""):match("^(%u+) (%S+) (%d+) (%u+)$")
local met, names = 0, {}

local function note(request, answer)
  local name = request.target:match("/create%?name=([^&]+)")
  local id = request.target:match("/containers/(%x+)")
  if name and answer.status == 201 then
    names[luft.json.decode(answer.body).Id] = name
    print(("created %s on %s"):format(name, request.endpoint))
  elseif request.method == "DELETE" and answer.status == 204 then
    print(("removed %s on %s"):format(names[id], request.endpoint))
  end
end

luft.transport(function(request)
  local answer = simulated(request)
  note(request, answer)
  if request.method == method and request.target:find(word, 1, true) then
    met = met + 1
    -- not os.execute: it shuts its caller's ears to SIGINT
    if met == tonumber(number) then io.popen("kill -" .. signal
      .. " $PPID"):close() end
  end
  return answer
end)
