-- nginx_run.lua -- in nginx's workers: runs the Lua chunk that was posted.
--
-- Its print goes into the answer; an error it does not catch ends the answer
-- with a line "error: ...".

local run = {}

local function in_one_line(...)
  local texts = {}
  for i = 1, select("#", ...) do texts[i] = tostring((select(i, ...))) end
  return table.concat(texts, "\t")
end

local function posted_chunk(say, part)
  local text = assert(ngx.req.get_body_data(), "nothing was posted")
  if part then
    local first, second = text:match("^(.-)\n%-%-%-\n(.*)$")
    text = part == 1 and first or second
  end
  local chunk = assert(loadstring(text, "=posted"))
  local globals = { print = function(...) say(in_one_line(...)) end }
  return setfenv(chunk, setmetatable(globals, { __index = _G }))
end

--- In a header filter: what it prints becomes the value of a header.
function run.quietly(header)
  local said = {}
  local chunk = posted_chunk(function(line) said[#said + 1] = line end)
  local ok, err = pcall(chunk)
  if not ok then said[#said + 1] = "error: " .. tostring(err) end
  ngx.header[header] = table.concat(said, "; ")
end

--- The part of what was posted before or after a line "---".
function run.part(number)
  ngx.req.read_body()
  posted_chunk(ngx.say, number)()
end

return setmetatable(run, { __call = function()
  ngx.req.read_body()
  local chunk = posted_chunk(ngx.say)
  local ok, err = pcall(chunk)
  if not ok then ngx.say("error: ", tostring(err)) end
end })
