-- lint.lua -- the rules that a program can check: rings, heads, widths, sizes,
-- and that every row of every driver explains itself.
--
--   build/luft tests/lint.lua FILE...

local LONGEST_LINE, LONGEST_FUNCTION, LONGEST_FILE = 80, 60, 1000

local problems, notes = 0, {}

local function complain(file, line, text)
  problems = problems + 1
  print(("%s:%d: %s"):format(file, line, text))
end

-- Rings: what the files of a folder may include -----------------------------

local standard = {}
for name in ([[errno fcntl float limits locale math poll pthread signal spawn
  stdarg stdatomic stdbool stddef stdint stdio stdlib string time unistd]])
  :gmatch("%S+") do
  standard[name .. ".h"] = true
end

local pure = {}
for name in ([[float limits locale math pthread stdarg stdatomic stdbool stddef
  stdint stdio stdlib string]]):gmatch("%S+") do
  pure[name .. ".h"] = true
end

-- own: prefixes of quoted includes; system: of those in angles, besides pure or
-- standard headers.
local rings = {
  { "src/core/", own = { "^[%w_]+%.h$" },
    system = { "^openssl/", "^emmintrin%.h$" },
    base = pure },
  { "drivers/", own = { "^%.%./src/core/", "^%.%./%.%./src/core/",
    "^driver%.h$", "^[%w_]+%.h$" }, system = {}, base = pure },
  { "src/engine/", own = { "^[%w_]+%.h$", "^%.%./core/" },
    system = { "^curl/", "^uv%.h$", "^zlib%.h$", "^sys/" }, base = standard },
  { "src/bind/", own = { "^[%w_]+%.h$", "^%.%./core/", "^%.%./engine/engine" },
    system = { "^lua", "^lauxlib", "^sys/", "^dlfcn" }, base = standard },
  { "src/host/", own = { "^[%w_]+%.h$", "^%.%./core/version%.h$" },
    system = { "^lua", "^lauxlib", "^sys/" }, base = standard },
}

local function matches(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

local function check_include(file, number, line)
  local kind, name = line:match('^#include ([<"])([^>"]+)')
  if not kind then return end
  for _, ring in ipairs(rings) do
    if file:sub(1, #ring[1]) == ring[1] then
      local ok
      if kind == '"' then
        ok = matches(name, ring.own)
      else
        ok = ring.base[name] or matches(name, ring.system)
      end
      if not ok then
        complain(file, number, ring[1] .. " must not include " .. name)
      end
    end
  end
end

-- Heads, lines --------------------------------------------------------------

local function head_pattern(file)
  local name = file:match("[^/]+$"):gsub("%p", "%%%0")
  local kind = file:match("%.(%w+)$")
  if kind == "c" or kind == "h" then return "^/%* " .. name .. " %-%- " end
  if kind == "lua" then return "^%-%- " .. name .. " %-%- " end
  return "^# " .. name .. " %-%- "
end

local function check_head(file, lines)
  local first = lines[1] or ""
  if first:find("^#!") then first = lines[2] or "" end
  if file:find("%.py$") then return end
  if not first:find(head_pattern(file)) then
    complain(file, 1, "the head must say what the file is: name -- what")
  end
end

local function check_line(file, number, line)
  local width = utf8.len(line) or #line
  if width > LONGEST_LINE then
    complain(file, number, width .. " columns; 80 are allowed")
  end
  if line:find("\t") then complain(file, number, "a tab") end
  if line:find("%s$") then complain(file, number, "blanks at the end") end
end

-- Functions -----------------------------------------------------------------

-- A function's own brace stands at the start of a line, and so does its end.
local function check_c_functions(file, lines)
  local start
  for number, line in ipairs(lines) do
    if line == "{" then
      start = number
    elseif line == "}" and start then
      if number - start - 1 > LONGEST_FUNCTION then
        complain(file, start, ("a function of %d lines; %d are allowed")
          :format(number - start - 1, LONGEST_FUNCTION))
      end
      start = nil
    end
  end
end

local function last_line(lines, first, indent)
  for number = first + 1, #lines do
    if lines[number] == indent .. "end" then return number end
  end
  return first
end

-- A function ends with an `end` as far in as its start; those inside, and the
-- blank lines and comments between them, count for themselves.
local function check_lua_functions(file, lines)
  local around = {}
  for number, line in ipairs(lines) do
    local indent = line:match("^(%s*)function ")
      or line:match("^(%s*)local function ")
    while around[1] and around[#around].last < number do
      local one = table.remove(around)
      local length = one.last - one.first - 1 - one.inside
      if length > LONGEST_FUNCTION then
        complain(file, one.first, ("a function of %d lines; %d are allowed")
          :format(length, LONGEST_FUNCTION))
      end
    end
    if around[1] and (line == "" or line:find("^%s*%-%-")) then
      around[#around].inside = around[#around].inside + 1
    end
    if indent and not line:find("end$") then
      local last = last_line(lines, number, indent)
      if around[1] then
        local outer = around[#around]
        outer.inside = outer.inside + last - number + 1
      end
      table.insert(around, { first = number, last = last, inside = 0 })
    end
  end
end

local function check_file(file)
  local lines = {}
  for line in io.lines(file) do lines[#lines + 1] = line end
  check_head(file, lines)
  if #lines > LONGEST_FILE then
    complain(file, #lines, ("%d lines; %d are allowed"):format(#lines,
      LONGEST_FILE))
  elseif #lines > 500 then
    notes[#notes + 1] = ("%s has %d lines"):format(file, #lines)
  end
  for number, line in ipairs(lines) do
    check_line(file, number, line)
    check_include(file, number, line)
  end
  if file:find("%.c$") then check_c_functions(file, lines) end
  if file:find("%.lua$") then check_lua_functions(file, lines) end
end

-- Rows ----------------------------------------------------------------------

local function check_help(where, rows)
  for _, row in ipairs(rows) do
    if not row.help or not row.help:find("%.$") then
      complain(where, 0, row.name .. " has no help that ends with a full stop")
    end
  end
end

local function check_rows()
  local described = require "luft.core".describe()
  check_help("common options", described.options)
  for _, driver in ipairs(described) do
    check_help(driver.name, driver.options)
    check_help(driver.name, driver.methods)
    for _, method in ipairs(driver.methods) do
      check_help(driver.name .. "." .. method.name, method.arguments)
    end
    for _, shape in ipairs(driver.shapes) do
      check_help(driver.name .. " " .. shape.name, shape.fields)
      check_help(driver.name, { shape })
    end
  end
end

for _, file in ipairs(arg) do check_file(file) end
check_rows()
for _, note in ipairs(notes) do print("note: " .. note) end
print(("%d files, %d problems"):format(#arg, problems))
os.exit(problems == 0)
