-- help_pages.lua -- the pages that help.lua shows: lists of lines.

local core = require "luft.core"
local manual = require "luft.manual"
local rows = require "luft.rows"

core.mine()

local pages = {}

local WIDTH = 80

-- Text ----------------------------------------------------------------------

local function add(page, text) page[#page + 1] = text end

local function add_text(page, text, indent)
  for _, line in ipairs(rows.wrap(text, WIDTH - #indent)) do
    add(page, indent .. line)
  end
end

-- Aligned columns: each row is a list of cells, of which the last is wrapped.
local function add_columns(page, cells)
  local widths = {}
  for _, row in ipairs(cells) do
    for i = 1, #row - 1 do
      widths[i] = math.max(widths[i] or 0, #row[i])
    end
  end
  for _, row in ipairs(cells) do
    local left = " "
    for i, width in ipairs(widths) do
      left = left .. " " .. row[i] .. (" "):rep(width - #row[i] + 1)
    end
    for i, line in ipairs(rows.wrap(row[#row], WIDTH - #left - 1)) do
      add(page, (i == 1 and left or (" "):rep(#left)) .. " " .. line)
    end
  end
end

local function type_cell(row, mark_required)
  local words, default = rows.type_words(row), rows.default(row)
  if row.required and mark_required then return words .. ", required" end
  return default and words .. " = " .. default or words
end

-- A titled table of rows: name, type, help.
local function add_rows(page, title, list, mark_required)
  if not list or #list == 0 then return end
  local cells = {}
  for i, row in ipairs(list) do
    cells[i] = { row.name, type_cell(row, mark_required), row.help }
  end
  add(page, "")
  add(page, title)
  add_columns(page, cells)
end

-- A titled table of names and what they are.
function pages.add_names(page, title, list)
  if #list == 0 then return end
  local cells = {}
  for i, row in ipairs(list) do cells[i] = { row.name, row.help } end
  add(page, "")
  add(page, title)
  add_columns(page, cells)
end

local function with_result(call, result)
  return result and call .. " -> " .. result or call
end

-- Pages of drivers ----------------------------------------------------------

function pages.method(driver, method)
  local required, optional = rows.split(method.arguments)
  local page = { with_result(rows.method_call(driver, method),
    rows.result_words(method)) }
  add_text(page, method.help, "  ")
  add_rows(page, "Arguments, by position", required)
  add_rows(page, "Options, in one last table", optional)
  local what = rows.iterated(method)
  if what then
    add(page, "")
    add_text(page, ("%s:iterate_%s gives the same one by one, to a for loop.")
      :format(driver.name, what), "")
  end
  return page
end

function pages.driver(driver, described)
  local page = { driver.name .. ": " .. driver.title }
  add_text(page, driver.help, "  ")
  add(page, "")
  add(page, ("  local %s = luft.%s.%s{options}"):format(driver.name,
    driver.area, driver.name))
  pages.add_names(page, "Methods", driver.methods)
  pages.add_names(page, "What they give", driver.shapes)
  add_rows(page, "Options", driver.options)
  add_rows(page, "Options of every driver", described.options)
  add(page, "")
  add_text(page, ("%s.async:METHOD(...) gives a task that waits for the "
    .. "answer; %s.try:METHOD(...) gives nil and the error where the plain "
    .. "call raises."):format(driver.name, driver.name), "")
  return page
end

function pages.shape(shape, driver)
  local page = { ("%s, of %s"):format(shape.name, driver.name) }
  add_text(page, shape.help, "  ")
  local fields, extra, verbs = {}, {}, {}
  for i, field in ipairs(shape.fields) do fields[i] = field end
  for i, field in ipairs(shape.extra) do extra[i] = field.name end
  if #extra > 0 then
    fields[#fields + 1] = { name = "extra",
      help = "More, as a table: " .. table.concat(extra, " ") .. "." }
  end
  fields[#fields + 1] = { name = "raw",
    help = "The provider's whole record, as a table." }
  for i, verb in ipairs(shape.verbs) do
    verbs[i] = { name = rows.verb_call(driver, shape, verb),
      help = rows.method_of_verb(driver, verb).help }
  end
  pages.add_names(page, "Fields", fields)
  pages.add_names(page, "Methods", verbs)
  return page
end

function pages.verb(shape, driver, verb)
  local method = rows.method_of_verb(driver, verb)
  local page = { rows.verb_call(driver, shape, verb) .. ", which calls" }
  for _, line in ipairs(pages.method(driver, method)) do add(page, line) end
  return page
end

function pages.area(area, described)
  local page, providers = { "luft." .. area }, {}
  for _, driver in ipairs(described) do
    if driver.area == area then
      providers[#providers + 1] = { name = driver.name,
        help = driver.title .. ": luft." .. area .. "." .. driver.name
          .. "{options}" }
    end
  end
  pages.add_names(page, "Providers", providers)
  return page
end

-- Pages of the manual -------------------------------------------------------

function pages.of_function(called, row, described)
  local options, of_way = row.options, nil
  if row.takes_request then
    options, of_way = rows.of_request(described, row.takes_request)
  end
  local call = row.value and called
    or rows.call(called, row.arguments, options)
  local page = { with_result(call, rows.gives_words(row)) }
  add_text(page, row.help, "  ")
  add_rows(page, "Arguments, by position", row.arguments)
  add_rows(page, "Options", options, true)
  add_rows(page, "Options of the connection", of_way)
  add_rows(page, "Gives", row.gives)
  if row.more then
    add(page, "")
    add_text(page, row.more:gsub("`", ""), "")
  end
  return page
end

-- Functions as rows of a table: their call and what they do.
function pages.calls_of(list, prefix)
  local calls = {}
  for i, row in ipairs(list) do
    local call = prefix .. row.name
    if not row.value and not row.library then
      call = rows.call(call, row.arguments,
        row.takes_request and { row } or row.options)
    end
    calls[i] = { name = call, help = row.help }
  end
  return calls
end

function pages.object(object)
  local page = { object.name }
  add_text(page, object.help, "  ")
  add_rows(page, "Fields", object.fields)
  pages.add_names(page, "Methods", pages.calls_of(object, object.variable
    and object.variable .. ":" or ""))
  return page
end

function pages.list(title, help, calls)
  local page = { title }
  add_text(page, help, "  ")
  pages.add_names(page, "Functions", calls)
  return page
end

function pages.kind(kind)
  return { ("An error of kind %s: %s."):format(kind.name, kind.help),
    'More: luft.help("errors")' }
end

function pages.overview(described)
  local page, cells, drivers = {}, {}, {}
  for _, driver in ipairs(described) do
    if driver.area ~= "http" then drivers[#drivers + 1] = driver.name end
  end
  add(page, "luft: cloud drivers, HTTP and tasks for Lua scripts")
  add(page, "")
  cells[1] = { "Drivers", table.concat(drivers, " ") }
  for _, group in ipairs(manual.groups) do
    local names = {}
    for i, row in ipairs(group) do names[i] = row.name end
    cells[#cells + 1] = { group.title, table.concat(names, " ") }
  end
  add_columns(page, cells)
  add(page, "")
  add(page, "Ask for more, here or with luft --help TOPIC:")
  local driver = described[1]
  add_columns(page, {
    { ('luft.help("%s")'):format(driver.name), "a driver" },
    { ('luft.help("%s.%s")'):format(driver.name, driver.methods[1].name),
      "a method of it" },
    { ('luft.help("%s")'):format(driver.shapes[1].name),
      "what methods give" },
    { 'luft.help("map")', "a function of luft" },
    { 'luft.help("http")', "requests to anywhere; also: json, playground" },
    { 'luft.help("errors")', "the kinds of errors, and their fields" },
    { "luft.help(value)", "a driver, a container, a function, an error" },
  })
  return page
end

return pages
