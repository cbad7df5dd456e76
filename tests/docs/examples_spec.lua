-- examples_spec.lua -- every Lua block of README.md and docs/ runs, in the
-- playground, as a reader would run it.
--
-- A block must end with exit status 0.  Where a ```text block follows, that is
-- what it must print.  A comment <!-- not run: reason --> in front of a block
-- leaves it out.

local spec = require "spec"

-- The playground is to be quick here; what it answers stays the same.
local LUFT = "LUFT_PLAYGROUND=latency=0.001 "
  .. (os.getenv("LUFT_BUILD") or "build") .. "/luft"

-- Reading -------------------------------------------------------------------

local function markdown_files()
  local files = {}
  local pipe = assert(io.popen("find docs/ -name '*.md' | LC_ALL=C sort"))
  for name in pipe:lines() do files[#files + 1] = name end
  assert(pipe:close())
  local readme = io.open("README.md")
  if readme then
    readme:close()
    table.insert(files, 1, "README.md")
  end
  return files
end

-- The file's pieces in order: code blocks, comments, and other text, of which
-- only that it is there matters.
local function pieces_of(name)
  local pieces, block, number = {}, nil, 0
  for line in io.lines(name) do
    number = number + 1
    local language = line:match("^```(%w*)%s*$")
    if block and line:find("^```%s*$") then
      pieces[#pieces + 1] = block
      block = nil
    elseif block then
      block.text = block.text .. line .. "\n"
    elseif language then
      block = { language = language, text = "", line = number }
    elseif line:find("%S") then
      local last = pieces[#pieces]
      local reason = line:match("^<!%-%- not run: (.-) %-%->")
      if reason or not last or last.language then
        pieces[#pieces + 1] = { reason = reason }
      end
    end
  end
  return pieces, block
end

-- Blocks of Lua: code, line, and what they must print or why they are not run.
local function examples_of(name)
  local examples = {}
  local pieces, open = pieces_of(name)
  assert(not open, name .. ": a block is not closed")
  for i, piece in ipairs(pieces) do
    local before, after = pieces[i - 1], pieces[i + 1]
    if piece.language == "lua" then
      examples[#examples + 1] = {
        code = piece.text, line = piece.line,
        reason = before and before.reason,
        prints = after and after.language == "text" and after.text or nil,
      }
    end
  end
  return examples
end

-- Running -------------------------------------------------------------------

local function write(name, text)
  local file = assert(io.open(name, "w"))
  file:write(text)
  file:close()
end

local function read(name)
  local file = assert(io.open(name))
  local text = file:read("a")
  file:close()
  return text
end

local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir " .. folder))

-- What it prints to stdout and stderr, and its exit status.
local function run(code)
  write(folder .. "/example.lua", code)
  local _, _, status = os.execute(("%s --playground %s/example.lua "
    .. "> %s/stdout 2> %s/stderr < /dev/null"):format(LUFT, folder, folder,
    folder))
  return read(folder .. "/stdout"), read(folder .. "/stderr"), status
end

local function check(example)
  if example.reason then spec.skip(example.reason) end
  local stdout, stderr, status = run(example.code)
  spec.equal(stderr, "", "what it says on stderr")
  spec.equal(status, 0, "its exit status")
  if example.prints then spec.equal(stdout, example.prints) end
end

-- The tests -----------------------------------------------------------------

spec.test("a failing example is noticed", function()
  local _, stderr, status = run("error('no')")
  spec.equal(status, 1)
  spec.match(stderr, "no")
end)

spec.test("blocks, their output and reasons are found", function()
  local name = folder .. "/page.md"
  write(name, "# Page\n\n```lua\nprint(1)\n```\n\n```text\n1\n```\n\nText.\n\n"
    .. "<!-- not run: for a reason -->\n```lua\nx\n```\n\nText.\n\n"
    .. "```text\nno output\n```\n\n```lua\ny\n```\n\n```sh\nls\n```\n")
  local examples = examples_of(name)
  spec.equal(#examples, 3)
  spec.equal(examples[1], { code = "print(1)\n", line = 3, prints = "1\n" })
  spec.equal(examples[2], { code = "x\n", line = 14, reason = "for a reason" })
  spec.equal(examples[3], { code = "y\n", line = 24 })
end)

local count = 0

for _, name in ipairs(markdown_files()) do
  for _, example in ipairs(examples_of(name)) do
    count = count + 1
    spec.test(("%s:%d"):format(name, example.line), function()
      check(example)
    end)
  end
end

spec.test("there are examples", function() spec.ok(count > 0) end)

os.execute("rm -r " .. folder)
spec.done()
