-- cases_spec.lua -- runs the cases of every driver (tests/cases/*.lua) over a
-- transport that plays the provider: each request must be the expected one.
--
-- Every case runs three times: with whole answers, with answers byte by byte,
-- and in random pieces.  With LUFT_REQUESTS=FILE what is sent is written down,
-- for openapi.py to check against the provider's own description; with
-- LUFT_API_VERSION the engine claims that version.

local luft = require "luft"
local spec = require "spec"
local virtual = require "lua.virtual"

local VERSION = os.getenv("LUFT_API_VERSION") or "1.47"
local record = os.getenv("LUFT_REQUESTS")
record = record and io.open(record, "w")

local function write_down(request, label)
  if not record then return end
  record:write(luft.json.encode({
    method = request.method, target = request.target, label = label,
    headers = request.headers, body = request.body,
  }), "\n")
end

-- Ways to hand an answer over.
local ways = {
  whole = function(body) return body end,
  bytes = function(body)
    local i = 0
    return function()
      i = i + 1
      return i <= #body and body:sub(i, i) or nil
    end
  end,
  pieces = function(body)
    local random, at = virtual.random(#body), 1
    return function()
      if at > #body then return nil end
      local piece = body:sub(at, at + random(40))
      at = at + #piece
      return piece
    end
  end,
}

local function same_body(got, wanted)
  if wanted then spec.equal(luft.json.decode(got), wanted, "the body") end
end

-- A transport that expects the case's requests, in their order.
local function play(case, way, label)
  local state = { at = 1, times = 0 }
  luft.transport(function(request)
    if request.target == "/_ping" then
      return { status = 200, headers = { ["Api-Version"] = VERSION },
        body = "OK" }
    end
    write_down(request, label)
    local wanted = case.requests[state.at]
    if not wanted then
      error("an unexpected request: " .. request.method .. " "
        .. request.target, 0)
    end
    state.times = state.times + 1
    if state.times == (wanted.times or 1) then
      state.at, state.times = state.at + 1, 0
    end
    spec.equal(request.method .. " " .. request.target,
      (wanted[1]:gsub(" ", " /v" .. VERSION, 1)), "the request")
    same_body(request.body, wanted.body)
    return { status = wanted.status or 200,
      headers = { ["Content-Type"] = "application/json" },
      body = way(wanted.answer or "") }
  end)
  return state
end

-- The members that the case names must be so; others are left alone.
local function has(got, wanted, path)
  if type(wanted) ~= "table" then
    spec.equal(got, wanted, path)
    return
  end
  spec.equal(type(got), "table", path)
  if #wanted > 0 or next(wanted) == nil then
    spec.equal(#got, #wanted, path .. ": length")
  end
  for key, value in pairs(wanted) do
    has(got[key], value, path .. "." .. tostring(key))
  end
end

local function items_of(call, case)
  local items = {}
  for a, b in call() do items[#items + 1] = { a, b } end
  spec.equal(items, case.items)
end

local function run(driver, case)
  local function call()
    return driver[case[1]](driver, spec.unpack(case, 2))
  end
  if case.items then return items_of(call, case) end
  if not case.fails then return has(call(), case.gives, "the result") end
  local err = spec.fails(call, case.fails[1], case.fails[2])
  if case.fails.made then spec.equal(err.made.id, case.fails.made) end
end

local function check(open, case, label)
  for name, way in pairs(ways) do
    local state = play(case, way, label)
    local ok, err = pcall(run, open(), case)
    luft.transport(nil)
    if not ok then error(name .. ": " .. tostring(err), 0) end
    spec.equal(state.at, #case.requests + 1, name .. ": requests sent")
  end
end

local function check_driver(name, open)
  local seen = {}
  for i, case in ipairs(require("cases." .. name)) do
    local label = ("%s %d %s"):format(name, i, case[1])
    spec.test(label, function() check(open, case, label) end)
    seen[case[1]] = true
  end
  spec.test("every method of " .. name .. " has a case", function()
    for method in pairs(luft.providers().container[name]) do
      spec.ok(seen[method], method .. " has none")
    end
  end)
end

check_driver("docker", function()
  return luft.container.docker { endpoint = "tcp://playing:2375" }
end)

if record then record:close() end
spec.done()
