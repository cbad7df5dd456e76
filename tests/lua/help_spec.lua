-- help_spec.lua -- luft.help: every name has a page, and every page is of
-- something that is there.

local luft = require "luft"
local core = require "luft.core"
local manual = require "luft.manual"
local playground = require "luft.playground"
local spec = require "spec"

local described = core.describe()
local docker = luft.container.docker { endpoint = "tcp://alpha:2375" }

-- One object of each kind that the manual describes.
local function objects()
  local semaphore, stream = luft.semaphore(1), luft.stream({}, print)
  local found = {
    Task = luft.spawn(function() end), Semaphore = semaphore,
    Hold = semaphore:acquire(), Stream = stream, Channel = luft.channel(),
    Event = luft.event(), Limiter = luft.limiter { rate = 1 },
    Iterator = docker:iterate_images(),
    Response = luft.http.get "http://alpha:2375/_ping",
  }
  luft.scope(function(scope) found.Scope = scope end)
  found.Iterator:close()
  stream:close()
  return found
end

local before = playground.install()

local function names_of(t, is_public)
  local names = {}
  for name, value in pairs(t) do
    if is_public(name, value) then names[name] = true end
  end
  return names
end

local function names_of_rows(...)
  local names = {}
  for _, list in ipairs { ... } do
    for _, row in ipairs(list) do names[row.name] = true end
  end
  return names
end

local function object_named(name)
  for _, object in ipairs(manual.objects) do
    if object.name == name then return object end
  end
end

-- The manual ------------------------------------------------------------------

spec.test("the manual has every name of luft, and no others", function()
  local areas = { http = false }
  for _, driver in ipairs(described) do
    if areas[driver.area] == nil then areas[driver.area] = true end
  end
  local there = names_of(luft, function(name) return not areas[name] end)
  spec.equal(names_of_rows(spec.unpack(manual.groups)), there)
end)

spec.test("the manual has every name of http, json, playground", function()
  local tables = { http = luft.http, json = luft.json,
    playground = playground }
  for _, library in ipairs(manual.libraries) do
    spec.equal(names_of_rows(library), names_of(tables[library.name],
      function() return true end), library.name)
    tables[library.name] = nil
  end
  spec.equal(tables, {})
end)

spec.test("values and functions are told apart", function()
  local function check(t, list)
    for _, row in ipairs(list) do
      local kind = row.library and "table" or row.value or "function"
      if kind == "lightuserdata" then kind = "userdata" end
      spec.equal(type(t[row.name]), kind, row.name)
    end
  end
  for _, group in ipairs(manual.groups) do check(luft, group) end
  check(luft.http, manual.libraries[1])
  check(luft.json, manual.libraries[2])
end)

spec.test("the manual has every method of luft's objects", function()
  local function is_method(name, value)
    return type(value) == "function" and not name:find("^__")
  end
  for name, object in pairs(objects()) do
    local there = names_of(getmetatable(object), is_method)
    if name == "Response" then there.json = true end    -- made for each one
    spec.equal(names_of_rows(object_named(name)), there, name)
  end
end)

spec.test("the manual has the options that functions take", function()
  local function misspelt(row, call)
    local err = spec.fails(function() call { lxyz = 1 } end,
      "invalid_argument")
    for _, option in ipairs(row.options) do
      spec.ok(tostring(err):find("lxyz", 1, true), row.name .. option.name)
    end
  end
  local checks = {
    map = function(options) luft.map({}, print, options) end,
    each = function(options) luft.each({}, print, options) end,
    stream = function(options) luft.stream({}, print, options) end,
    scope = function(options) luft.scope(function() end, options) end,
  }
  local good = { limit = 3, on_error = "collect", ordered = true,
    timeout = 60 }
  for _, group in ipairs(manual.groups) do
    for _, row in ipairs(group) do
      local call = checks[row.name]
      if call then
        misspelt(row, call)
        for _, option in ipairs(row.options) do
          call { [option.name] = good[option.name] }
        end
      end
    end
  end
end)

spec.test("what a task's record holds is in the manual", function()
  local known = names_of_rows(object_named("TaskInfo").fields)
  local task = luft.spawn(function() luft.sleep(60) end)
  luft.sleep(0)
  for _, info in ipairs(luft.tasks()) do
    for name in pairs(info) do spec.ok(known[name], name) end
  end
  task:cancel()
  task:pawait()
end)

spec.test("what an error holds is in the manual", function()
  local known = names_of_rows(object_named("Error").fields)
  local err = spec.fails(function() docker:get_container("none") end,
    "not_found")
  for name in pairs(err) do spec.ok(known[name], name) end
end)

spec.test("every row has a help that is a sentence, and a type", function()
  local function check_row(where, row)
    where = where .. "." .. row.name
    spec.ok(row.help and row.help:find("[%.:]$"), where .. " has no help")
    for _, list in ipairs { row.arguments or {}, row.options or {},
      row.gives or {} } do
      for _, part in ipairs(list) do
        spec.ok(part.type, where .. "." .. part.name .. " has no type")
        spec.ok(part.help and part.help:find("%.$"),
          where .. "." .. part.name .. " has no help")
      end
    end
  end
  for _, group in ipairs(manual.groups) do
    for _, row in ipairs(group) do check_row("luft", row) end
  end
  for _, list in ipairs { manual.libraries, manual.objects } do
    for _, one in ipairs(list) do
      spec.ok(one.help:find("%.$"), one.name)
      for _, row in ipairs(one) do check_row(one.name, row) end
      for _, row in ipairs(one.fields or {}) do check_row(one.name, row) end
    end
  end
end)

-- Pages -----------------------------------------------------------------------

spec.test("the overview has at most 25 lines of 80 columns", function()
  local text = luft.help()
  local count = 0
  for line in (text .. "\n"):gmatch("(.-)\n") do
    count = count + 1
    spec.ok(#line <= 80, line)
  end
  spec.ok(count <= 25, count .. " lines")
  for _, word in ipairs { "docker", "spawn", "map", "channel", "http" } do
    spec.ok(text:find(word, 1, true), word)
  end
  spec.equal(luft.help(luft), text)
end)

spec.test("every driver, method, option, shape and field has a page", function()
  for _, driver in ipairs(described) do
    if driver.area ~= "http" then
      local page = luft.help(driver.name)
      spec.match(page, driver.title)
      for _, option in ipairs(described.options) do
        spec.ok(page:find("\n  " .. option.name .. " "), option.name)
      end
      for _, method in ipairs(driver.methods) do
        spec.ok(page:find("\n  " .. method.name .. " "), method.name)
        local text = luft.help(driver.name .. "." .. method.name)
        spec.ok(text:find(driver.name .. ":" .. method.name, 1, true))
        for _, row in ipairs(method.arguments) do
          spec.ok(text:find("\n  " .. row.name .. " "), row.name)
        end
      end
      for _, shape in ipairs(driver.shapes) do
        local text = luft.help(shape.name)
        for _, field in ipairs(shape.fields) do
          spec.ok(text:find("\n  " .. field.name .. " "), field.name)
        end
        for _, verb in ipairs(shape.verbs) do
          spec.ok(text:find(":" .. verb.name, 1, true), verb.name)
          spec.match(luft.help(shape.name .. "." .. verb.name), verb.method)
        end
      end
    end
  end
end)

spec.test("no page is wider than 80 columns", function()
  local topics = { "docker", "Container", "ContainerImage", "errors", "http",
    "docker.deploy_container", "http.request", "json", "playground", "map",
    "playground.configure", "tasks", "limiter" }
  for _, topic in ipairs(topics) do
    for line in luft.help(topic):gmatch("[^\n]+") do
      spec.ok(#line <= 80, topic .. ": " .. line)
    end
  end
end)

spec.test("every kind of error is explained", function()
  local page = luft.help("errors")
  for _, kind in ipairs(described.kinds) do
    spec.ok(page:find(kind.help, 1, true), kind.name)
    spec.ok(luft.help(kind.name):find(kind.help, 1, true), kind.name)
  end
end)

spec.test("topics are found as people write them", function()
  local page = luft.help("docker.stop_container")
  for _, topic in ipairs { "docker:stop_container", "stop_container",
    "docker.stop_container()", " docker.stop_container " } do
    spec.equal(luft.help(topic), page, topic)
  end
  spec.equal(luft.help("luft.map"), luft.help("map"))
  spec.equal(luft.help("container.stop"), luft.help("Container.stop"))
  spec.match(luft.help("container"), "Providers\n  docker ")
  spec.match(luft.help("Container"), "ip_addresses")
  spec.match(luft.help("event"), "luft%.event%(%).*event:wait%(%)")
  spec.match(luft.help("docker.iterate_images"), "one by one")
end)

spec.test("a method says its call, types, defaults, result", function()
  local page = luft.help("docker.destroy_container")
  spec.match(page, "^docker:destroy_container%(container, {options}%)")
  spec.match(page, "\n  container +Container or string +The container")
  spec.match(page, "\n  force +boolean = true +Kill it")
  spec.match(luft.help("docker.list_images"), "%-> list of ContainerImage")
  spec.match(luft.help("http.request"), 'method +string = "GET"')
  spec.match(luft.help("http.request"), "url +string, required")
end)

spec.test("values have the page of what they are", function()
  local container = docker:list_containers()[1]
  spec.equal(luft.help(docker), luft.help("docker"))
  spec.equal(luft.help(docker.async), luft.help("docker"))
  spec.equal(luft.help(container), luft.help("Container"))
  spec.equal(luft.help(docker:list_containers()), luft.help("Container"))
  spec.equal(luft.help(docker.stop_container),
    luft.help("docker.stop_container"))
  spec.equal(luft.help(docker.iterate_images),
    luft.help("docker.iterate_images"))
  spec.equal(luft.help(container.stop), luft.help("Container.stop"))
  spec.equal(luft.help(luft.container.docker), luft.help("docker"))
  spec.equal(luft.help(luft.container), luft.help("container"))
  spec.equal(luft.help(luft.map), luft.help("map"))
  spec.equal(luft.help(luft.http), luft.help("http"))
  spec.equal(luft.help(luft.http.get), luft.help("http.get"))
  spec.equal(luft.help(luft.json.encode), luft.help("json.encode"))
  spec.equal(luft.help(luft.null), luft.help("null"))
  local _, err = docker.try:get_container("none")
  spec.match(luft.help(err), "kind not_found: ")
  for name, object in pairs(objects()) do
    if getmetatable(object).__name then
      spec.equal(luft.help(object), luft.help(name:lower()), name)
    end
  end
end)

spec.test("an unknown topic names the nearest one", function()
  local err = spec.fails(function() luft.help("dokcer") end,
    "invalid_argument", "did you mean 'docker'")
  spec.match(err.where, "help_spec%.lua:%d+$")
  spec.fails(function() luft.help("docker.stop_contaner") end,
    "invalid_argument", "did you mean 'docker%.stop_container'")
  spec.fails(function() luft.help("gahter") end, "invalid_argument",
    "did you mean 'gather'")
  spec.fails(function() luft.help("") end, "invalid_argument", "luft%.help%(%)")
  spec.fails(function() luft.help(42) end, "invalid_argument", "number")
  spec.fails(function() luft.help({}) end, "invalid_argument", "table")
  spec.fails(function() luft.help(print) end, "invalid_argument", "function")
end)

luft.transport(before)
spec.done()
