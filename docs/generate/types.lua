-- types.lua -- what luft offers, as the Lua language server reads it.

local core = require "luft.core"
local manual = require "luft.manual"
local rows = require "luft.rows"

local types = {}

local WIDTH = 80

local described = core.describe()
local lines

local function add(text) lines[#lines + 1] = text end

local function add_comment(text)
  for _, line in ipairs(rows.wrap(text, WIDTH - 4)) do add("--- " .. line) end
end

-- Types ---------------------------------------------------------------------

local of_driver = { list = "any[]", ["function"] = "function" }

-- The type of a driver's argument, field or option.
local function type_of(row, prefix)
  if row.type then return row.type end
  local names = {}
  for _, name in ipairs(row.types) do
    if name == "object" then
      names[#names + 1] = prefix .. "." .. row.object
      name = "string"
    end
    names[#names + 1] = of_driver[name] or name
  end
  return table.concat(names, "|")
end

local function type_of_field(field, prefix)
  if field.list then return "any[]" end
  if field.object then return prefix .. "." .. field.object end
  return field.time and "number" or "any"
end

local function result_of(method, prefix)
  local gives = method.gives
  if gives == "one" then return prefix .. "." .. method.shape end
  if gives == "list" then return prefix .. "." .. method.shape .. "[]" end
  local results = { text = "string", texts = "string", table = "table",
    response = "luft.Response" }
  results["true"] = "true"
  return results[gives]
end

-- Classes -------------------------------------------------------------------

-- A name, its type and what it means; the help stands above, where its length
-- does not matter.
local function add_field(name, type, help)
  add_comment(help)
  add(("---@field %s %s"):format(name, type))
end

-- The class of a last table.
local function add_options(class, list, prefix)
  add("")
  add("---@class " .. class)
  for _, row in ipairs(list) do
    local default = rows.default(row)
    add_field(row.name .. (row.required and "" or "?"), type_of(row, prefix),
      row.help .. (default and " Default: " .. default .. "." or ""))
  end
end

local function add_parameter(name, type, help)
  local line = ("---@param %s %s"):format(name, type)
  if help and #line + 1 + #help <= WIDTH then
    add(line .. " " .. help)
  else
    add(line)
    if help then add_comment(help) end
  end
end

local function begin(help)
  add("")
  add_comment(help)
end

local function finish(called, names)
  add(("function %s(%s) end"):format(called, table.concat(names, ", ")))
end

-- Drivers -------------------------------------------------------------------

local function add_method(driver, method, class)
  local required, optional = rows.split(method.arguments)
  local prefix, names = "luft." .. driver.name, {}
  local options = prefix .. "." .. method.name .. ".options"
  local has_options = #optional > 0
  if has_options then add_options(options, optional, prefix) end
  local function add_form(name, result, help)
    begin(help)
    names = {}
    for i, row in ipairs(required) do
      names[i] = row.name
      add_parameter(row.name, type_of(row, prefix), row.help)
    end
    if has_options then
      names[#names + 1] = "options"
      add_parameter("options?", options)
    end
    if result then add("---@return " .. result) end
    finish(class .. ":" .. name, names)
  end
  add_form(method.name, result_of(method, prefix), method.help)
  local what = rows.iterated(method)
  if what then
    add_form("iterate_" .. what, ("fun(): %s.%s?"):format(prefix,
      method.shape), "As " .. method.name .. ", one by one, to a for loop.")
  end
end

local function add_verb(driver, verb, class)
  local method = rows.method_of_verb(driver, verb)
  local required, optional = rows.split(method.arguments)
  local prefix, names = "luft." .. driver.name, {}
  table.remove(required, verb.position)
  begin(method.help)
  for i, row in ipairs(required) do
    names[i] = row.name
    add_parameter(row.name, type_of(row, prefix), row.help)
  end
  if #optional > 0 then
    names[#names + 1] = "options"
    add_parameter("options?", prefix .. "." .. method.name .. ".options")
  end
  local result = result_of(method, prefix)
  if result then add("---@return " .. result) end
  finish(class .. ":" .. verb.name, names)
end

local function add_shape(driver, shape)
  local prefix = "luft." .. driver.name
  local variable = rows.variable(shape)
  begin(shape.help)
  add(("---@class %s.%s"):format(prefix, shape.name))
  for _, field in ipairs(shape.fields) do
    add_field(field.name, type_of_field(field, prefix), field.help)
  end
  add_field("extra", "table", "More of what the provider says.")
  add_field("raw", "table", "The provider's whole record.")
  add_field("driver", prefix, "The driver that gave it.")
  add("local " .. variable .. " = {}")
  for _, verb in ipairs(shape.verbs) do
    add_verb(driver, verb, variable)
  end
end

local function all_options(driver)
  local list = {}
  for _, row in ipairs(driver.options) do list[#list + 1] = row end
  for _, row in ipairs(described.options) do list[#list + 1] = row end
  return list
end

local function add_driver(driver)
  local prefix = "luft." .. driver.name
  for _, shape in ipairs(driver.shapes) do add_shape(driver, shape) end
  begin(driver.title .. ".")
  add("---@class " .. prefix)
  add_field("async", "table<string, fun(view: table, ...): luft.Task>",
    "Methods that give a task.")
  add_field("try", prefix, "Methods that give nil and the error.")
  add("local " .. driver.name .. " = {}")
  for _, method in ipairs(driver.methods) do
    add_method(driver, method, driver.name)
  end
  add_options(prefix .. ".options", all_options(driver), prefix)
  begin(driver.help)
  add_parameter("options?", prefix .. ".options")
  add("---@return " .. prefix)
  finish("luft." .. driver.area .. "." .. driver.name, { "options" })
end

-- The manual ----------------------------------------------------------------

local values = { lightuserdata = "lightuserdata", string = "string" }

local function add_results(row)
  for _, result in ipairs(row.gives or {}) do
    local type, name = result.type, result.name
    if result.optional then type = type .. "?" end
    add("---@return " .. type .. (name == "..." and " ..." or " " .. name))
  end
end

-- `separator` is "." for functions, ":" for methods.
local function add_function(class, separator, row, options_class)
  local names, options = {}, row.options
  if row.value then
    begin(row.help)
    add("---@type " .. values[row.value])
    add(class .. "." .. row.name .. " = nil")
    return
  end
  if options then add_options(options_class, options, "") end
  begin(row.help)
  for i, argument in ipairs(row.arguments or {}) do
    names[i] = argument.name
    add_parameter(argument.name .. (argument.optional and "?" or ""),
      argument.type, argument.help)
  end
  if options or row.takes_request then
    local required = row.takes_request == "whole" or not row.arguments
    names[#names + 1] = "options"
    add_parameter(required and "options" or "options?",
      row.takes_request and "luft.http." .. row.takes_request
      or options_class)
  end
  add_results(row)
  finish(class .. separator .. row.name, names)
end

local function add_object(object)
  begin(object.help)
  add("---@class luft." .. object.name)
  for _, field in ipairs(object.fields or {}) do
    add_field(field.name, field.type, field.help)
  end
  if object.call then add("---@overload " .. object.call) end
  if #object == 0 then return end
  local variable = object.variable
  add("local " .. variable .. " = {}")
  for _, row in ipairs(object) do
    add_function(variable, ":", row, "luft." .. object.name .. "." .. row.name
      .. ".options")
  end
end

local function add_request_classes()
  for _, which in ipairs { "whole", "rest" } do
    local list = {}
    for _, part in ipairs { rows.of_request(described, which) } do
      for _, row in ipairs(part) do list[#list + 1] = row end
    end
    add_options("luft.http." .. which, list, "")
  end
end

local function add_library(library)
  if library.module then return end       -- a module of its own
  begin(library.help)
  add(library.prefix .. " = {}")
  if library.name == "http" then add_request_classes() end
  for _, row in ipairs(library) do
    add_function(library.prefix, ".", row, library.prefix .. "." .. row.name
      .. ".options")
  end
end

--- The whole file.
function types.text()
  local areas = {}
  lines = {
    "-- luft.lua -- types for the Lua language server; generated by",
    "-- docs/generate.lua from the tables that luft runs on.",
    "-- luacheck: ignore",
    "---@meta luft",
    "",
    "---@class luft",
    "local luft = {}",
  }
  for _, object in ipairs(manual.objects) do add_object(object) end
  for _, group in ipairs(manual.groups) do
    for _, row in ipairs(group) do
      if not row.library then
        add_function("luft", ".", row, "luft." .. row.name .. ".options")
      end
    end
  end
  for _, library in ipairs(manual.libraries) do add_library(library) end
  for _, driver in ipairs(described) do
    if driver.area ~= "http" then
      if not areas[driver.area] then
        begin("The providers of the area " .. driver.area .. ".")
        add("luft." .. driver.area .. " = {}")
        areas[driver.area] = true
      end
      add_driver(driver)
    end
  end
  add("")
  add("return luft")
  return table.concat(lines, "\n") .. "\n"
end

return types
