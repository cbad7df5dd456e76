-- generate.lua -- writes the reference and the types for editors, from the
-- drivers' tables, lua/luft/manual.lua and docs/generate/*.lua.
--
--   build/luft docs/generate.lua [FOLDER]           writes into FOLDER (docs)
--   build/luft docs/generate.lua --check [FOLDER]   exit 1: a file is not what
--                                                   it would be written as

local folder_of_this = arg[0]:match("^(.*/)") or "./"
package.path = folder_of_this .. "generate/?.lua;" .. package.path

local pages = require "pages"
local types = require "types"

local checking = arg[1] == "--check"
local folder = arg[checking and 2 or 1] or "docs"

local files = {}                -- in the order they are written in

local function add(name, text)
  files[#files + 1] = { name = name, text = text }
end

add("reference/README.md", pages.index())
for _, driver in ipairs(pages.drivers()) do
  add("reference/" .. driver.name .. ".md", pages.driver(driver))
end
add("reference/tasks.md", pages.tasks())
add("reference/http.md", pages.http())
add("reference/module.md", pages.module())
add("reference/errors.md", pages.errors())
add("types/luft.lua", types.text())

local function read(name)
  local file = io.open(name, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function write(name, text)
  local file = assert(io.open(name, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local function make_folder(name)
  assert(os.execute("mkdir -p '" .. name:gsub("'", "'\\''") .. "'"))
end

if checking then
  local stale = 0
  for _, file in ipairs(files) do
    if read(folder .. "/" .. file.name) ~= file.text then
      stale = stale + 1
      print(("%s/%s is stale; run: luft docs/generate.lua %s"):format(folder,
        file.name, folder))
    end
  end
  print(("%d files, %d stale"):format(#files, stale))
  os.exit(stale == 0)
end

make_folder(folder .. "/reference")
make_folder(folder .. "/types")
for _, file in ipairs(files) do write(folder .. "/" .. file.name, file.text) end
