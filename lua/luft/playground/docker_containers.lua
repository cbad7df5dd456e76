-- docker_containers.lua -- the requests about containers that a Docker host
-- answers.

local core = require "luft.core"

core.mine()

local T = require "luft.world"
local logs = require "luft.playground.logs"
local views = require "luft.playground.views"
local wire = require "luft.playground.wire"

local json = core.json

-- Signals ---------------------------------------------------------------------

local signals = { HUP = 1, INT = 2, QUIT = 3, ABRT = 6, KILL = 9, USR1 = 10,
  USR2 = 12, PIPE = 13, ALRM = 14, TERM = 15, CONT = 18, STOP = 19, WINCH = 28 }

-- "SIGTERM", "term" and "15" are all TERM.
local function signal_named(text)
  local name = text:upper():gsub("^SIG", "")
  for known, number in pairs(signals) do
    if name == known or tonumber(name) == number then return known end
  end
  wire.refuse(400, "Invalid signal: %s", text)
end

--- Adds them to the host's routes.
return function(Host, route)

  local function by_start(host, start)
    local found
    for id, container in pairs(host.containers) do
      if start ~= "" and id:sub(1, #start) == start then
        if found then
          wire.refuse(400, "Multiple IDs found with provided prefix: %s",
            start)
        end
        found = container
      end
    end
    return found
  end

  --- The container with that name, id, or start of an id; or nil.
  function Host:look_for(name)
    local bare = name:gsub("^/", "")
    return self.containers[bare] or self:find_by_name(bare)
      or by_start(self, bare)
  end

  --- As look_for, but refuses a request about one that is not there.
  function Host:find(name)
    local found = self:look_for(name)
    if not found then wire.refuse(404, "No such container: %s", name) end
    return found:settle()
  end

  -- Looking -------------------------------------------------------------------

  local function newest_first(a, b)
    if a.created ~= b.created then return a.created > b.created end
    return a.id < b.id
  end

  route("GET", "/containers/json", function(host, request)
    local query = request.query
    local list, is_wanted, all = {}, nil, wire.flag(query.all)
    if wire.given(query.filters) then
      local by_state
      is_wanted, by_state = views.filter(query.filters)
      all = all or by_state
    end
    for _, container in pairs(host.containers) do
      if (container:is_alive() or all)
        and (not is_wanted or is_wanted(container)) then
        list[#list + 1] = container
      end
    end
    table.sort(list, newest_first)
    for i, container in ipairs(list) do list[i] = views.summary(container) end
    return wire.value(json.array(list))
  end)

  local function about_one(method, action, handler)
    route(method, "/containers/([^/]+)" .. action, function(host, request)
      return handler(host:find(request.name), request.query, host)
    end)
  end

  about_one("GET", "/json", function(container)
    return wire.value(views.inspection(container))
  end)

  about_one("GET", "/logs", logs)

  about_one("GET", "/top", function(container)
    if not container:is_up() then
      wire.refuse(409, "container %s is not running", container.id)
    end
    return wire.value(views.processes(container))
  end)

  -- Its life ------------------------------------------------------------------

  about_one("POST", "/start", function(container)
    if container.state == "paused" then
      wire.refuse(409, "cannot start a paused container, try unpause instead")
    elseif container:is_alive() then
      return wire.nothing(304)
    end
    container:start(T.now())
    return wire.nothing()
  end)

  about_one("POST", "/stop", function(container)
    if not container:is_alive() then return wire.nothing(304) end
    container:kill("TERM")
    return wire.nothing()
  end)

  about_one("POST", "/restart", function(container)
    if container:is_alive() then container:kill("TERM") end
    container:start(T.now())
    return wire.nothing()
  end)

  about_one("POST", "/kill", function(container, query)
    if not container:is_alive() then
      wire.refuse(409, "cannot kill container: %s: container %s is not running",
        container.name, container.id)
    end
    container:kill(signal_named(wire.given(query.signal) or "KILL"))
    return wire.nothing()
  end)

  about_one("POST", "/pause", function(container)
    if container.state == "paused" then
      wire.refuse(409, "container %s is already paused", container.id)
    elseif container.state ~= "running" then
      wire.refuse(409, "container %s is not running", container.id)
    end
    container:pause()
    return wire.nothing()
  end)

  about_one("POST", "/unpause", function(container)
    if container.state ~= "paused" then
      wire.refuse(500, "Container %s is not paused", container.id)
    end
    container:unpause()
    return wire.nothing()
  end)

  about_one("POST", "/rename", function(container, query, host)
    local name = wire.given(query.name)
    if not name then
      wire.refuse(400, "Neither old nor new names may be empty")
    elseif name == container.name then
      wire.refuse(400, "Renaming a container with the same name as its "
        .. "current name")
    end
    container.name = host:check_name(name, "Error when allocating new name: ")
    return wire.nothing()
  end)

  -- The answer's head comes at once, its body when the container has ended.
  about_one("POST", "/wait", function(container, query, host)
    local condition = wire.given(query.condition) or "not-running"
    local seen, answered = container.finished, false
    local function goes_on()
      if host.containers[container.id] ~= container then return false end
      if condition == "removed" then return true end
      return container:is_up()
        or (condition == "next-exit" and container.finished == seen)
    end
    return wire.text(function()
      if answered then return nil end
      while goes_on() do container:wait() end
      answered = true
      return json.encode({ StatusCode = container.exit_code })
    end, "application/json")
  end)

  local function refuse_removal(container)
    if container.state == "paused" then
      wire.refuse(409, "You cannot remove a paused container %s. Unpause and "
        .. "then stop the container before attempting removal or force remove",
        container.id)
    end
    wire.refuse(409, "You cannot remove a %s container %s. Stop the container "
      .. "before attempting removal or force remove", container.state,
      container.id)
  end

  about_one("DELETE", "", function(container, query, host)
    if container:is_alive() then
      if not wire.flag(query.force) then refuse_removal(container) end
      container:kill("KILL")
    end
    host.containers[container.id] = nil
    container:tell()
    return wire.nothing()
  end)
end
