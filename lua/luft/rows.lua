-- rows.lua -- what the rows of drivers (core.describe) and of the manual
-- (manual.lua) say, in words: for help, the reference and types.

local core = require "luft.core"

core.mine()

local rows = {}

-- Types ---------------------------------------------------------------------

-- "fun(a: any): any" as "function", "luft.Task?" as "Task".
local function in_words(type)
  if type:find("^fun%(") then return "function" end
  local item = type:match("^(.*)%[%]%??$")
  if item then
    return item == "any" and "list" or "list of " .. in_words(item)
  end
  return (type:gsub("^luft%.", ""):gsub("%?$", ""):gsub("<.*$", ""))
end

--- What a value may be, for people: "string or list".
function rows.type_words(row)
  local words = {}
  for _, name in ipairs(row.types or {}) do
    words[#words + 1] = name == "object" and row.object or name
    if name == "object" then words[#words + 1] = "string" end
  end
  for name in (row.type or ""):gsub("^fun%(.*", "function")
    :gmatch("[^|]+") do
    words[#words + 1] = in_words(name)
  end
  return table.concat(words, " or ")
end

--- The default as Lua writes it; nil: none.
function rows.default(row)
  local default = row.default
  if default and row.types and #row.types == 1 and row.types[1] == "string"
  then
    return ("%q"):format(default)
  end
  return default
end

--- What a method of a driver gives, for people; nil: nothing.
function rows.result_words(method)
  local gives = method.gives
  if gives == "one" then return method.shape end
  if gives == "list" then return "list of " .. method.shape end
  if gives == "text" or gives == "texts" then return "string" end
  if gives == "response" then return "Response" end
  return gives ~= "nothing" and gives or nil
end

local function names_of(list)
  local names = {}
  for i, row in ipairs(list or {}) do names[i] = row.name end
  return names
end

--- What a function of the manual gives, for people; nil: nothing.
function rows.gives_words(row)
  if not row.gives then return nil end
  return table.concat(names_of(row.gives), ", ")
end

-- Arguments -----------------------------------------------------------------

--- Those that stand by position, and those of the last table.
function rows.split(arguments)
  local required, optional = {}, {}
  for _, row in ipairs(arguments) do
    table.insert(row.required and required or optional, row)
  end
  return required, optional
end

--- The form of a call: "docker:stop_container(container, {options})".
-- @param called  "docker:stop_container"
-- @param arguments, options  rows; those that are optional stand in brackets
function rows.call(called, arguments, options)
  local parts = {}
  for i, row in ipairs(arguments or {}) do
    parts[i] = row.optional and "[" .. row.name .. "]" or row.name
  end
  if options and #options > 0 then
    if #parts == 0 then return called .. "{options}" end
    parts[#parts + 1] = "{options}"
  end
  return called .. "(" .. table.concat(parts, ", ") .. ")"
end

--- The form of a driver's method.
function rows.method_call(driver, method)
  local required, optional = rows.split(method.arguments)
  return rows.call(driver.name .. ":" .. method.name, required, optional)
end

--- What to call one in an example: "image" for a ContainerImage.
function rows.variable(shape)
  return shape.name:match("%u[^%u]*$"):lower()
end

--- The driver's method that an object's method stands for.
function rows.method_of_verb(driver, verb)
  for _, method in ipairs(driver.methods) do
    if method.name == verb.method then return method end
  end
end

--- The form of an object's method: "container:stop{options}".
function rows.verb_call(driver, shape, verb)
  local method = rows.method_of_verb(driver, verb)
  local required, optional = rows.split(method.arguments)
  table.remove(required, verb.position)
  return rows.call(rows.variable(shape) .. ":" .. verb.name, required,
    optional)
end

--- "containers" for list_containers, from which iterate_containers follows;
-- nil for methods that give no list.
function rows.iterated(method)
  return method.gives == "list" and method.name:match("^list_(.*)") or nil
end

-- HTTP ----------------------------------------------------------------------

-- Each request names its own place.
local places = { endpoint = true, host = true, port = true, secure = true }

--- What a request of luft.http may hold, and the options of the way there.
-- @param which  "whole": with url and method; "rest": without
function rows.of_request(described, which)
  local of_request, of_way = {}, {}
  for _, driver in ipairs(described) do
    if driver.area == "http" then
      for _, row in ipairs(driver.methods[1].arguments) do
        if which == "whole" or (row.name ~= "url" and row.name ~= "method")
        then
          of_request[#of_request + 1] = row
        end
      end
      for _, row in ipairs(driver.options) do of_way[#of_way + 1] = row end
    end
  end
  for _, row in ipairs(described.options) do
    if not places[row.name] then of_way[#of_way + 1] = row end
  end
  return of_request, of_way
end

-- Text ----------------------------------------------------------------------

--- Lines of at most `width` columns.
function rows.wrap(text, width)
  local lines, line = {}, nil
  for word in text:gmatch("%S+") do
    if line and #line + 1 + #word > width then
      lines[#lines + 1] = line
      line = nil
    end
    line = line and line .. " " .. word or word
  end
  lines[#lines + 1] = line
  return lines
end

return rows
