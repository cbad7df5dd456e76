-- help.lua -- luft.help: what a driver, a method, a function or a value is.
--
-- Every page is made from the drivers' tables and from manual.lua.  A topic may
-- have several pages: `event` is a function and what that function gives.

local core = require "luft.core"
local errors = require "luft.errors"
local manual = require "luft.manual"
local pages = require "luft.help_pages"
local rows = require "luft.rows"

core.mine()

-- The index -----------------------------------------------------------------

local Index = {}
Index.__index = Index

--- Adds a page under each of the topics that follow.
function Index:add(make, ...)
  for _, topic in ipairs { ... } do
    if not self.pages[topic] then
      self.pages[topic] = {}
      self.topics[#self.topics + 1] = topic
    end
    table.insert(self.pages[topic], make)
  end
end

function Index:add_driver(driver, described)
  local path = driver.area .. "." .. driver.name
  self:add(function() return pages.driver(driver, described) end,
    driver.name, path)
  for _, method in ipairs(driver.methods) do
    local function make() return pages.method(driver, method) end
    self:add(make, driver.name .. "." .. method.name, method.name)
    local what = rows.iterated(method)
    if what then
      self:add(make, driver.name .. ".iterate_" .. what, "iterate_" .. what)
    end
  end
  for _, shape in ipairs(driver.shapes) do
    self:add(function() return pages.shape(shape, driver) end, shape.name,
      driver.name .. "." .. shape.name)
    for _, verb in ipairs(shape.verbs) do
      self:add(function() return pages.verb(shape, driver, verb) end,
        shape.name .. "." .. verb.name)
    end
  end
end

function Index:add_functions(list, prefix, topic_prefix, described)
  for _, row in ipairs(list) do
    if not row.library then
      self:add(function()
        return pages.of_function(prefix .. row.name, row, described)
      end, topic_prefix .. row.name)
    end
  end
end

function Index:add_errors(described)
  self:add(function()
    local page = pages.object(self.error)
    pages.add_names(page, "Kinds", described.kinds)
    return page
  end, "errors", "error")
  for _, kind in ipairs(described.kinds) do
    self:add(function() return pages.kind(kind) end, kind.name)
  end
end

function Index:add_manual(described)
  for _, group in ipairs(manual.groups) do
    self:add_functions(group, "luft.", "", described)
    self:add(function()
      return pages.list(group.title, group.help, pages.calls_of(group, "luft."))
    end, group.title:lower())
  end
  for _, library in ipairs(manual.libraries) do
    self:add(function()
      return pages.list(library.prefix, library.help,
        pages.calls_of(library, library.prefix .. "."))
    end, library.name)
    self:add_functions(library, library.prefix .. ".", library.name .. ".",
      described)
  end
  for _, object in ipairs(manual.objects) do
    if object.name == "Error" then
      self.error = object
    else
      local topic = object.name:lower()
      self:add(function() return pages.object(object) end, topic,
        object.belongs_to)
      self:add_functions(object, (object.variable or "") .. ":",
        topic .. ".", described)
    end
  end
end

local function new_index(described)
  local index = setmetatable({ pages = {}, topics = {} }, Index)
  local areas = {}
  for _, driver in ipairs(described) do
    if driver.area ~= "http" then
      index:add_driver(driver, described)
      areas[driver.area] = true
    end
  end
  for area in pairs(areas) do
    index:add(function() return pages.area(area, described) end, area)
  end
  index:add_manual(described)
  index:add_errors(described)
  return index
end

-- Values --------------------------------------------------------------------

local function name_of_member(t, value)
  for name, member in pairs(t) do
    if member == value and name ~= "_VERSION" then return name end
  end
end

local function driver_function(driver, fn)
  local class = core.driver_metatable(driver.area, driver.name).__luft_class
  if not class then return nil end
  local name = name_of_member(class.methods, fn)
  if name then return driver.name .. "." .. name end
  for _, shape in ipairs(driver.shapes) do
    local verbs = class.metatables[shape.name].__index
    for _, verb in ipairs(shape.verbs) do
      if verbs({}, verb.name) == fn then
        return shape.name .. "." .. verb.name
      end
    end
  end
end

-- A member of luft, or of what stands in luft: "map", "http.get", "docker".
local function path_of(value, described)
  local luft = require "luft"
  local name = name_of_member(luft, value)
  if name then return name end
  for library in pairs { http = true, json = true } do
    name = name_of_member(luft[library], value)
    if name then return library .. "." .. name end
  end
  for _, driver in ipairs(described) do
    local area = luft[driver.area]
    if driver.area ~= "http" and rawget(area, driver.name) == value then
      return driver.area .. "." .. driver.name
    end
    name = type(value) == "function" and driver_function(driver, value)
    if name then return name end
  end
end

-- The topic that a value belongs to; nil: none.
local function topic_of(value, described)
  if errors.is(value) then return value.kind end
  local metatable = getmetatable(value)
  local name = type(metatable) == "table" and rawget(metatable, "__name")
  if name and name ~= "luft.array" then
    return (tostring(name):gsub("^luft%.", ""))
  end
  local path = path_of(value, described)
  if path then return path end
  if type(value) == "table" and value[1] ~= nil then
    return topic_of(value[1], described)
  end
end

-- The function --------------------------------------------------------------

-- "luft.map()", "docker:stop_container", "task:await" as topics are named.
local function plain_topic(text)
  return (text:gsub("^%s+", ""):gsub("%s+$", ""):gsub("%(%)$", "")
    :gsub("^luft%.", ""):gsub(":", "."))
end

local function text_of(makers)
  local texts = {}
  for i, make in ipairs(makers) do texts[i] = table.concat(make(), "\n") end
  return table.concat(texts, "\n\n")
end

-- By its name, or else by its name in any case.
local function find_pages(index, topic)
  if index.pages[topic] then return index.pages[topic] end
  for _, known in ipairs(index.topics) do
    if known:lower() == topic:lower() then return index.pages[known] end
  end
end

--- A help function for these drivers: what core.describe() gives.
return function(described)
  return function(topic)
    if topic == nil or topic == "luft" or topic == require "luft" then
      return table.concat(pages.overview(described), "\n")
    end
    local index, name = new_index(described), topic
    if type(topic) ~= "string" then name = topic_of(topic, described) end
    if not name then
      errors.misuse("luft.help knows nothing about this " .. type(topic)
        .. '; luft.help() shows what it knows')
    end
    local makers = find_pages(index, plain_topic(name))
    if makers then return text_of(makers) end
    local best = core.nearest(plain_topic(name), index.topics)
    errors.misuse(("there is no help on '%s'%s"):format(name, best
      and "; did you mean '" .. best .. "'?"
      or "; luft.help() shows what there is"))
  end
end
