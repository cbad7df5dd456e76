-- pages.lua -- the pages of the reference.

local core = require "luft.core"
local examples = require "examples"
local manual = require "luft.manual"
local markdown = require "markdown"
local rows = require "luft.rows"

local described = core.describe()
local with_code = markdown.with_code

local pages = {}

-- Parts of pages ------------------------------------------------------------

local function code(text) return "`" .. text .. "`" end

local function type_cell(row)
  return (rows.type_words(row):gsub("^.*$", markdown.plain))
end

local function default_cell(row)
  local default = rows.default(row)
  if default then return code(default) end
  return row.required and "required" or ""
end

local function help_cell(row)
  return with_code(row.help) .. (row.secret and " Never shown." or "")
end

local function options_table(page, list)
  local cells = {}
  for i, row in ipairs(list) do
    cells[i] = { code(row.name), type_cell(row), default_cell(row),
      help_cell(row) }
  end
  page:table({ "Option", "Type", "Default", "Meaning" }, cells)
end

-- Arguments by position, then the options of the last table.
local function arguments_table(page, arguments, options)
  local cells = {}
  for _, row in ipairs(arguments or {}) do
    cells[#cells + 1] = { code(row.name), type_cell(row),
      (row.optional or row.name == "...") and default_cell(row)
        or "required", help_cell(row) }
  end
  page:table({ "Argument", "Type", "Default", "Meaning" }, cells)
  options_table(page, options or {})
end

local function fields_table(page, fields)
  local cells, typed = {}, false
  for _, row in ipairs(fields) do typed = typed or row.type ~= nil end
  for i, row in ipairs(fields) do
    cells[i] = { code(row.name), help_cell(row) }
    if typed then table.insert(cells[i], 2, type_cell(row)) end
  end
  page:table(typed and { "Field", "Type", "Meaning" }
    or { "Field", "Meaning" }, cells)
end

local function call_line(page, call, result)
  page:paragraph("**" .. code(result and call .. " -> " .. result or call)
    .. "**")
end

local function add_example(page, name)
  local example = examples[name]
  if example then page:example(example) end
end

-- Drivers -------------------------------------------------------------------

--- The described drivers that have a page of their own.
function pages.drivers()
  local list = {}
  for _, driver in ipairs(described) do
    if driver.area ~= "http" then list[#list + 1] = driver end
  end
  return list
end

local function link_to_shape(driver, words)
  for _, shape in ipairs(driver.shapes) do
    words = words:gsub("%f[%w]" .. shape.name .. "%f[%W]",
      ("[%s](#%s)"):format(shape.name, shape.name:lower()))
  end
  return words
end

local function gives_sentence(driver, method)
  local words = rows.result_words(method)
  if not words then return nil end
  if words == "true" then return "Gives `true`." end
  words = words:gsub("^string$", "its text as a string")
  local list = words:find("^list of ")
  local article = list and "a " or words:find("^%u") and "a " or ""
  local text = "Gives " .. article .. link_to_shape(driver, words) .. "."
  if method.stream_if then
    text = text .. (" With `%s = true` it gives an [iterator]"
      .. "(tasks.md#iterator) for a loop instead."):format(method.stream_if)
  end
  local what = rows.iterated(method)
  if what then
    text = text .. (" `%s:iterate_%s` takes the same and gives them one by "
      .. "one, to a loop."):format(driver.name, what)
  end
  return text
end

-- The objects' methods that stand for this one.
local function verbs_sentence(driver, method)
  local calls = {}
  for _, shape in ipairs(driver.shapes) do
    for _, verb in ipairs(shape.verbs) do
      if verb.method == method.name then
        calls[#calls + 1] = code(rows.verb_call(driver, shape, verb))
      end
    end
  end
  if #calls == 0 then return nil end
  return "With the object at hand: " .. table.concat(calls, ", ") .. "."
end

local function kind_named(name)
  for _, kind in ipairs(described.kinds) do
    if kind.name == name then return kind end
  end
  error("there is no kind of error " .. name, 0)
end

local function errors_list(page, known)
  if not known then return end
  local points = {}
  for i, one in ipairs(known) do
    points[i] = code(kind_named(one[1]).name) .. ": " .. one[2]
  end
  page:paragraph("Errors worth knowing:")
  page:list(points)
end

local function method_section(page, driver, method)
  local name = driver.name .. "." .. method.name
  local example = examples[name] or error("there is no example of " .. name, 0)
  local required, optional = rows.split(method.arguments)
  page:heading(3, method.name)
  call_line(page, rows.method_call(driver, method), rows.result_words(method))
  page:text(method.help)
  arguments_table(page, required, optional)
  local gives = gives_sentence(driver, method)
  local verbs = verbs_sentence(driver, method)
  if gives or verbs then
    page:paragraph(table.concat({ gives or verbs, gives and verbs }, " "))
  end
  errors_list(page, example.errors)
  page:example(example)
end

local function shape_section(page, driver, shape)
  page:heading(3, shape.name)
  page:text(shape.help)
  fields_table(page, shape.fields)
  if #shape.extra > 0 then
    local names = {}
    for i, row in ipairs(shape.extra) do names[i] = code(row.name) end
    page:paragraph("The field `extra` is a table with more of what the "
      .. "provider says: " .. table.concat(names, ", ") .. ". `raw` is its "
      .. "whole record.")
  end
  local cells = {}
  for i, verb in ipairs(shape.verbs) do
    cells[i] = { code(rows.verb_call(driver, shape, verb)),
      ("[%s](#%s)"):format(verb.method, verb.method) }
  end
  page:table({ "Method", "Same as" }, cells)
end

--- A driver's page: options, methods, what they give.
function pages.driver(driver)
  local page = markdown.new(driver.title)
  page:text(driver.help)
  local guide = examples[driver.name]
  if guide.guide then page:paragraph(guide.guide) end
  page:example(guide)
  page:heading(2, "Methods")
  page:paragraph("How calls are written, and what `async` and `try` do, is "
    .. "told [in the index](README.md#how-methods-are-called).")
  local cells = {}
  for i, method in ipairs(driver.methods) do
    cells[i] = { ("[%s](#%s)"):format(method.name, method.name),
      with_code(method.help) }
  end
  page:table({ "Method", "What it does" }, cells)
  errors_list(page, guide.errors)
  for _, method in ipairs(driver.methods) do
    method_section(page, driver, method)
  end
  page:heading(2, "Objects")
  page:paragraph("What the methods give. Each object has a field `driver`: "
    .. "the driver that gave it.")
  for _, shape in ipairs(driver.shapes) do
    shape_section(page, driver, shape)
  end
  page:heading(2, "Options")
  call_line(page, ("luft.%s.%s{options}"):format(driver.area, driver.name))
  page:paragraph("All may be left out. Nothing is sent before the first "
    .. "method is called.")
  options_table(page, driver.options)
  page:paragraph("These every driver has:")
  options_table(page, described.options)
  return page:finish()
end

-- Functions and objects of the manual ---------------------------------------

local function gives_list(page, row)
  if not row.gives then return end
  local points = {}
  for i, result in ipairs(row.gives) do
    points[i] = ("%s (%s): %s"):format(code(result.name), type_cell(result),
      with_code(result.help))
  end
  page:paragraph("Gives:")
  page:list(points)
end

local function function_section(page, level, called, row, topic)
  page:heading(level, called)
  local options, of_way = row.options, nil
  if row.takes_request then
    options, of_way = rows.of_request(described, row.takes_request)
  end
  call_line(page, row.value and called
    or rows.call(called, row.arguments, options), rows.gives_words(row))
  page:text(row.help)
  if row.takes_request == "rest" then
    page:paragraph("Takes the options of [luft.http.request]"
      .. "(#lufthttprequest), and gives the same.")
  else
    arguments_table(page, row.arguments, options)
    if of_way then
      page:paragraph("And the options of the connection:")
      options_table(page, of_way)
    end
    gives_list(page, row)
  end
  if row.more then page:paragraph(row.more) end
  add_example(page, topic)
end

local function object_section(page, object)
  page:heading(3, object.name)
  page:text(object.help)
  fields_table(page, object.fields or {})
  local cells = {}
  for i, row in ipairs(object) do
    local call = rows.call(object.variable .. ":" .. row.name, row.arguments,
      row.options)
    local gives = row.gives and row.gives[1]
    cells[i] = { code(call), with_code(row.help)
      .. (gives and gives.name ~= "..." and " Gives " .. code(gives.name)
        .. " (" .. type_cell(gives) .. ")." or "") }
  end
  page:table({ "Method", "What it does" }, cells)
end

local function object_named(name)
  for _, object in ipairs(manual.objects) do
    if object.name == name then return object end
  end
end

--- Tasks: the functions, then the objects that they give.
function pages.tasks()
  local page = markdown.new("Tasks")
  page:paragraph("Functions that do many things at once. The guide "
    .. "[docs/tasks.md](../tasks.md) tells how they work together.")
  for i = 1, 3 do
    local group = manual.groups[i]
    page:heading(2, group.title)
    page:text(group.help)
    for _, row in ipairs(group) do
      function_section(page, 3, "luft." .. row.name, row, row.name)
    end
  end
  page:heading(2, "Objects")
  for _, object in ipairs(manual.objects) do
    if not object.belongs_to then object_section(page, object) end
  end
  return page:finish()
end

local function library_named(name)
  for _, library in ipairs(manual.libraries) do
    if library.name == name then return library end
  end
end

local function library_section(page, level, library)
  for _, row in ipairs(library) do
    function_section(page, level, library.prefix .. "." .. row.name, row,
      library.name .. "." .. row.name)
  end
end

--- luft.http.
function pages.http()
  local page = markdown.new("HTTP")
  for _, driver in ipairs(described) do
    if driver.area == "http" then page:text(driver.help) end
  end
  page:paragraph("An answer of any status is a result; errors are raised "
    .. "where there is no answer at all. Redirects are followed, and what "
    .. "fails in passing is tried again.")
  add_example(page, "http")
  library_section(page, 2, library_named("http"))
  page:heading(2, "Objects")
  object_section(page, object_named("Response"))
  return page:finish()
end

--- What is left: data, the playground, luft itself.
function pages.module()
  local page = markdown.new("The module, JSON, the playground")
  local group = manual.groups[4]
  page:heading(2, "luft itself")
  for _, row in ipairs(group) do
    if not row.library then
      function_section(page, 3, "luft." .. row.name, row, row.name)
    end
  end
  for _, name in ipairs { "json", "playground" } do
    local library = library_named(name)
    page:heading(2, name == "json" and "luft.json" or "The playground")
    page:text(library.help)
    add_example(page, name)
    library_section(page, 3, library)
  end
  return page:finish()
end

--- The kinds of errors, and what an error holds.
function pages.errors()
  local page = markdown.new("Errors")
  local object = object_named("Error")
  page:text(object.help)
  page:paragraph("A plain call raises; `driver.try:method(...)` gives `nil` "
    .. "and the error instead. Scripts compare `err.kind`, never the words "
    .. "of the message.")
  add_example(page, "errors")
  page:heading(2, "Kinds")
  local cells = {}
  for i, kind in ipairs(described.kinds) do
    cells[i] = { code(kind.name), markdown.plain(kind.help) }
  end
  page:table({ "Kind", "Meaning" }, cells)
  page:heading(2, "Fields")
  fields_table(page, object.fields)
  return page:finish()
end

--- The index.
function pages.index()
  local page = markdown.new("Reference")
  page:paragraph("Everything that luft offers, made from the tables that the "
    .. "program itself runs on. `luft --help TOPIC` and `luft.help(topic)` "
    .. "show the same, and [types/luft.lua](../types/luft.lua) tells it to "
    .. "editors that use the Lua language server.")
  local points = {}
  for _, driver in ipairs(pages.drivers()) do
    points[#points + 1] = ("[%s](%s.md): `luft.%s.%s`"):format(driver.title,
      driver.name, driver.area, driver.name)
  end
  points[#points + 1] = "[Tasks](tasks.md): many things at once"
  points[#points + 1] = "[HTTP](http.md): `luft.http`"
  points[#points + 1] = "[The module, JSON, the playground](module.md)"
  points[#points + 1] = "[Errors](errors.md): their kinds and fields"
  page:list(points)
  page:heading(2, "How methods are called")
  page:paragraph("The arguments that a method requires stand by position, all "
    .. "others by name in one last table. Where an object is expected, its id "
    .. "serves too. A wrong or unknown name is an error that says the nearest "
    .. "right one. Pages write the last table as `{options}`.")
  add_example(page, "calls")
  page:paragraph("Each driver also has two views. `driver.async:method(...)` "
    .. "starts the call and gives a [task](tasks.md#task) to wait for; "
    .. "`driver.try:method(...)` gives `nil` and the error where the plain "
    .. "call raises.")
  add_example(page, "views")
  return page:finish()
end

return pages
