-- program_spec.lua -- the luft program from outside: options, arguments, what
-- it prints and how it exits.  Side by side with lua5.4 where both must agree.

local spec = require "spec"
local program = require "host.program"

local LUA = "/usr/bin/lua5.4"

local function check(result, wanted, what)
  for _, name in ipairs { "out", "err", "status" } do
    if wanted[name] ~= nil then
      spec.equal(result[name], wanted[name],
        (what and what .. ": " or "") .. name)
    end
  end
end

-- Side by side with lua5.4 ---------------------------------------------------

-- What may differ: the program's name, and that luft looks inside itself, too.
local function plain(text)
  return (("\n" .. text):gsub("\nluft:", "\nPROGRAM:")
    :gsub(program.luft:gsub("%p", "%%%0"), "PROGRAM")
    :gsub(LUA:gsub("%p", "%%%0"), "PROGRAM")
    :gsub("\n\tno file '[^']*' inside luft", "")
    :gsub("skipping %d+ levels", "skipping levels"))
end

local function compare(arguments, options)
  if not io.open(LUA) then spec.skip(LUA .. " is not there") end
  local ran = {}
  for i, path in ipairs { LUA, program.luft } do
    local copy = { program = path }
    for name, value in pairs(options) do copy[name] = value end
    ran[i] = program.run(arguments, copy)
  end
  check({ out = plain(ran[2].out), err = plain(ran[2].err),
    status = ran[2].status }, { out = plain(ran[1].out),
    err = plain(ran[1].err), status = ran[1].status }, arguments)
  return ran[2]
end

-- Scripts that use no luft, behind the exit status they must have.
local scripts = {
  { 1, 'error("x")' },
  { 1, 'error("x", 0)' },
  { 1, 'error("x", 2)' },
  { 1, "error(42)" },
  { 1, "error(nil)" },
  { 1, "error({})" },
  { 1, [[error(setmetatable({}, { __tostring = function()
      return "an object" end }))]] },
  { 1, "error(setmetatable({}, { __tostring = function() return 5 end }))" },
  { 1, "local nothing; nothing.name = 1" },
  { 1, "local function f() return f() + 1 end f()" },
  { 1, "for i = 1, 10, 0 do end" },
  { 1, "local a <const> = 1; a = 2" },
  { 1, "x = = 1" },
  { 1, 'require "nonsuch"' },
  { 1, 'coroutine.wrap(function() error("inside") end)()' },
  { 1, [[local t <close> = setmetatable({}, { __close = function(_, err)
      print("closed", err) end }) error("boom")]] },
  { 1, [[coroutine.wrap(function()
      local t <close> = setmetatable({}, { __close = function(_, err)
        print("closed", err) error("again") end })
      error("boom") end)()]] },
  { 1, 'debug.sethook(function() error("hook") end, "l")\nlocal x = 1' },
  { 1, "coroutine.yield()" },
  { 3, "os.exit(3)" },
  { 0, "os.exit(true)" },
  { 1, "os.exit(false)" },
  { 7, "os.exit(256 + 7)" },
  { 4, [[local t <close> = setmetatable({}, { __close = function()
      print "closed" end }) os.exit(4, true)]] },
  { 5, [[setmetatable({}, { __gc = function() print "never" end })
      os.exit(5)]] },
  { 1, 'io.stdout:setvbuf("full") io.write("no newline") os.exit(1)' },
  { 0, "return 5" },
  { 0, [[local co, main = coroutine.running()
      print(type(co), main, coroutine.isyieldable(), coroutine.status(co))]] },
  { 0, "print(coroutine.resume(coroutine.running()))" },
  { 0, "print(pcall(coroutine.close, coroutine.running()))" },
  { 0, [[local co = coroutine.create(function() error("inside") end)
      print(coroutine.resume(co)) print(coroutine.status(co))
      print(coroutine.close(co))]] },
  { 0, [[local co = coroutine.wrap(function(...)
      print(...) print(coroutine.yield(1, nil, 3)) return "end" end)
      print(co("a", nil)) print(co("b")) print(pcall(co))]] },
  { 0, 'setmetatable({}, { __gc = function() print "collected" end })' },
  { 0, [[setmetatable({}, { __gc = function() error("inside gc") end })
      collectgarbage() print "still here"]] },
  { 0, [[warn("@on") warn("a ", "warning") warn("@off") warn("none")]] },
  { 0, 'print(#arg, arg[0], arg[1], arg[2], arg[3], arg[-2], ...)' },
  { 0, [[print(("%q %5.2f %d %s %a %x"):format("a\n\0b", 3.14159, 42, true,
      1.0, 255)) print(pcall(string.format, "%d", 3.5))
      print(1e15, 2^53, 1 // 0.0, -0.0, math.maxinteger, 0x7fp3)]] },
  { 0, [[io.write("a", 1, 2.5, "\n") io.stderr:write("to stderr\n")
      print(io.read("n", "l", "L", "a")) print(io.read("a"), io.read("l"))
      print(io.open("nofile")) print(pcall(io.lines, "nofile"))]] },
  { 0, [[print(pcall(error)) print(xpcall(function() error("e") end,
      debug.traceback)) print(select("#", pcall(error, nil)))
      print(xpcall(error, function(m) return m .. "!" end, "x"))
      print(pcall(xpcall)) print(pcall(pcall)) print(pcall(xpcall, print))]] },
  { 0, "print(package.loaded.luft, luft, require == nil)" },
  { 0, 'print(load("x ="))' },
}

spec.test("a script without luft behaves as under lua5.4", function()
  for _, row in ipairs(scripts) do
    local result = compare("script one 'two three' -e", {
      files = { script = row[2] }, stdin = "12 rest\nline\nall\nof it",
    })
    spec.equal(result.status, row[1], row[2])
  end
end)

local files = {
  ["mod.lua"] = "return { name = ... }",
  ["bad.lua"] = "x =",
  ["fail.lua"] = 'error("it failed")',
  ["init.lua"] = 'print("init", ...)',
  ["arg.lua"] = [[for i = -6, 4 do
    local text = tostring(arg[i]):gsub("^/.*/.*", "PROGRAM")
    io.write(i, "=", text, " ")
  end print(#arg, ...)]],
  tool = "#!/usr/bin/env luft\nprint(...) error('line 2')",
  compiled = string.dump(load("print('compiled', ...)")),
}

spec.test("options and arguments are taken as by lua5.4", function()
  for _, row in ipairs {
    { "-e 'print(1)' -e 'print(2)'" }, { "-e'print(1)'" },
    { "-l mod -e 'print(mod.name)'" }, { "-lmod -e 'print(mod.name)'" },
    { "-l name=mod -e 'print(name.name, mod)'" },
    { "-l nonsuch" }, { "-l bad" }, { "-l mod", "print(mod.name)" },
    { "arg.lua x y" }, { "-e 'a = 1' arg.lua x y" },
    { "-W -E -- arg.lua x -e" }, { "-l mod arg.lua -- -" },
    { "- a b", "print(arg[0], ...)" }, { "", "print('read', arg[0], ...)" },
    { "--", "print 'read'" }, { "-- - a", "print(...)" },
    { "-e ''", "print 'not read'" }, { "-W", "warn 'read'" },
    { "-", "#!x\nprint(2) error('e')" },
    { "-e 'print(io.read([[a]]))'", "all of it" },
    { "-e 'print(arg[0], arg[1], #arg, ...)'" },
    { "-e 'arg = nil' arg.lua" }, { "-e 'arg = {1, 2}' tool" },
    { "tool a b" }, { "compiled a" }, { "nofile.lua" }, { "bad.lua" },
    { "." }, { "''" }, { "-e 'x ='" }, { "-e 'error()' tool" },
    { "-W -e 'warn([[shown]])'" }, { "-e 'warn([[not shown]])'" },
    { "-W -e 'setmetatable({}, { __gc = function() error(1) end })'" },
  } do
    compare(row[1], { files = files, stdin = row[2] })
  end
end)

spec.test("LUA_INIT and its like are heeded, but not with -E", function()
  for _, row in ipairs {
    { "tool", { LUA_INIT = "print 'init'" } },
    { "-e 'print(1)'", { LUA_INIT = "print 'init'" } },
    { "tool a", { LUA_INIT = "@init.lua" } },
    { "tool", { LUA_INIT = "@fail.lua" } },
    { "tool", { LUA_INIT = "@nofile.lua" } },
    { "tool", { LUA_INIT = "x =" } },
    { "tool", { LUA_INIT = "" } },
    { "tool", { LUA_INIT = "error({})" } },
    { "tool", { LUA_INIT = "os.exit(9)" } },
    { "tool", { LUA_INIT = "print 5", LUA_INIT_5_4 = "print 5.4" } },
    { "-E tool", { LUA_INIT = "print 'init'" } },
    { "-e 'print(package.path)'", { LUA_PATH = "./?.x;;" } },
    { "-E -e 'print(package.path)'", { LUA_PATH = "./?.x;;" } },
  } do
    compare(row[1], { files = files, env = row[2] })
  end
end)

spec.test("a shebang line starts luft", function()
  local result = program.run({ "-c",
    "chmod +x tool && PATH=" .. program.quoted(program.luft:gsub("/luft$", "")
      .. "") .. ":$PATH && ./tool a b" }, { program = "sh", files = files })
  check(result, { out = "a\tb\n", status = 1 })
  spec.match(result.err, "^luft: %./tool:2: line 2\nstack traceback:\n")
end)

-- What only luft has ---------------------------------------------------------

local function luft(arguments, wanted, options)
  check(program.run(arguments, options), wanted, tostring(arguments))
end

spec.test("a wrong option is exit status 2 and says where to look", function()
  for option, why in pairs {
    ["-x"] = "unrecognized option '-x'",
    ["-ve"] = "unrecognized option '-ve'",
    ["-E-"] = "unrecognized option '-E-'",
    ["--nonsuch"] = "unrecognized option '--nonsuch'",
    ["--traceback=yes"] = "unrecognized option '--traceback=yes'",
    ["--help -z"] = "unrecognized option '-z'",
    ["-e"] = "a value is missing behind '-e'",
    ["-W -l"] = "a value is missing behind '-l'",
  } do
    luft(option, { out = "", status = 2,
      err = "luft: " .. why .. "\nTry: luft --help\n" })
  end
end)

spec.test("--help lists every option, --help TOPIC explains", function()
  local result = program.run("--help")
  check(result, { err = "", status = 0 })
  for _, option in ipairs { "-e STATEMENT", "-l %[NAME=%]MODULE", "-v", "-E",
    "-W", "-", "--", "--playground", "--traceback", "--help" } do
    spec.match(result.out, "\n  " .. option:gsub("%-", "%%-"))
  end
  result = program.run("--help docker.list_containers")
  check(result, { err = "", status = 0 })
  spec.match(result.out, "^docker:list_containers")
  luft("--help dokcer", { out = "", status = 2, err = "luft: there is no help "
    .. "on 'dokcer'; did you mean 'docker'?\n" })
end)

spec.test("--version and -v name luft's and Lua's", function()
  for _, option in ipairs { "--version", "-v", "--version -v" } do
    local result = program.run(option)
    check(result, { err = "", status = 0 })
    spec.match(result.out, "^luft %d+%.%d+%.%d+  Lua 5%.4%.%d+\n$")
  end
  local result = program.run("-v -e 'print(1)'")
  spec.match(result.out, "^luft [^\n]+\n1\n$")
end)

spec.test("luft is a global for -e, and only there", function()
  luft("-e 'print(type(luft.map))'", { out = "function\n", err = "",
    status = 0 })
  luft("script", { out = "nil\n", status = 0 },
    { files = { script = "print(luft)" } })
  luft("-e 'luft = 5' -e 'print(luft)'", { out = "5\n", status = 0 })
end)

spec.test("--playground simulates without any engine", function()
  luft({ "--playground", "-e",
    "print(#luft.container.docker():list_containers{ all = true } > 0)" },
    { out = "true\n", err = "", status = 0 })
end)

-- Errors and the exit status -------------------------------------------------

-- A script whose luft error comes up through two tasks, with another beside it.
local nested = [[
local luft = require "luft"
local what = ...
local function work()
  if what == "plain" then error("plain in a task") end
  luft.container.docker { endpoint = "tcp://127.0.0.1:1",
    retries = 0 }:list_images()
end
local function clean_up()
  error("the clean-up failed", 0)
end
luft.spawn(function()
  local _ <close> = setmetatable({}, { __close = clean_up })
  luft.sleep(60)
end)
luft.spawn(function() luft.spawn(work):await() end):await()
]]

local refused = "script:5: docker: list_images: cannot connect to "
  .. "http://127.0.0.1:1: Connection refused; is the Docker Engine running "
  .. "there? Say where it is with DOCKER_HOST or the option endpoint\n"

spec.test("an error of luft's is one line", function()
  local result = program.run_script([[
    local luft = require "luft"
    local docker = luft.container.docker{ endpoint = "tcp://127.0.0.1:1",
      retries = 0 }
    print "before"
    docker:list_images()]])
  check(result, { out = "before\n", err = "luft: " .. refused, status = 1 })
end)

spec.test("... also through tasks, and what failed besides follows", function()
  local result = program.run_script(nested, "refused")
  check(result, { out = "", status = 1 })
  spec.equal(result.err:sub(1, #refused + 6), "luft: " .. refused)
  spec.match(result.err:sub(#refused + 7),
    "^luft: also: the clean%-up failed\nstack traceback:\n")
end)

spec.test("--traceback joins the tracebacks of the tasks", function()
  local result = program.run_script(nested, "refused",
    { before = "--traceback" })
  check(result, { out = "", status = 1 })
  local _, to = result.err:find(refused, 1, true)
  spec.ok(to, result.err)
  spec.match(result.err:sub(to + 1), "^stack traceback:\n\t[^\n]*.*"
    .. "\tscript:5: in function <script:3>.*"
    .. "\tin task task 3, spawned at script:15\n"
    .. "\tin task task 2, spawned at script:15\nluft: also: the clean%-up")
end)

spec.test("a plain error in a task has a traceback through all", function()
  local result = program.run_script(nested, "plain")
  check(result, { out = "", status = 1 })
  spec.match(result.err, "^luft: script:4: plain in a task\n"
    .. "stack traceback:\n\t%[C%]: in function 'error'\n"
    .. "\tscript:4: in function <script:3>\n"
    .. "\tin task task 3, spawned at script:15\n")
  spec.ok(not result.err:find("luft/", 1, true), "luft's own frames: "
    .. result.err)
end)

spec.test("a plain error on the main thread is lua.c's, with luft", function()
  local text = 'require "luft"\nlocal function f() error("x") end\nf()'
  check(program.run_script(text), { out = "", status = 1,
    err = "luft: script:2: x\nstack traceback:\n\t[C]: in function 'error'\n"
      .. "\tscript:2: in local 'f'\n\tscript:3: in main chunk\n"
      .. "\t[C]: in ?\n" })
end)

spec.test("objects of scripts keep their text", function()
  check(program.run_script([[require "luft".spawn(function()
    error(setmetatable({}, { __tostring = function() return "mine" end }))
  end)]]), { out = "", err = "luft: mine\n", status = 1 })
end)

spec.test("a misuse points at the script's own line", function()
  local result = program.run_script([[
    local luft = require "luft"
    local docker = luft.container.docker()
    local function helper(list)
      list:deploy_container("web")
    end
    luft.map({ docker }, function(d)
      helper(d)
    end)]])
  check(result, { out = "", status = 1 })
  spec.match(result.err, "^luft: script:4: docker: deploy_container: 'image' "
    .. "must be [^\n]*\n$")
end)

spec.test("a program's timeout says what was not done, and where", function()
  check(program.run_script(
    'local luft = require "luft"\n\nluft.timeout(0.01, luft.sleep, 60)'),
    { out = "", err = "luft: script:3: not done within 0.01 s\n",
      status = 1 })
end)

spec.test("a deadlock names every task, and is exit status 70", function()
  local result = program.run_script([[
    local luft = require "luft"
    local channel, event = luft.channel(), luft.event()
    luft.spawn(function() channel:get() end)
    luft.spawn(function() event:wait() end)
    luft.spawn(function()
      local _ <close> = setmetatable({}, { __close = function()
        print "cleaned" end })
      luft.sleep(0.001)
      channel:get()
    end):await()]])
  check(result, { out = "cleaned\n", status = 70 })
  for _, line in ipairs {
    "luft: .*nothing can go on: every task waits for another",
    "main waits for task 3", "task 1 waits for [^\n]* %(spawned at script:3%)",
    "task 2 waits for [^\n]* %(spawned at script:4%)",
    "task 3 waits for [^\n]* %(spawned at script:5%)",
  } do
    spec.match(result.err, line)
  end
end)

spec.test("a failed detached task is printed, and exit status 1", function()
  check(program.run_script([[local luft = require "luft"
    luft.detach(function() error("on its own", 0) end)
    luft.sleep(0.001) print "the end"]]),
    { out = "the end\n", err = "luft: in a detached task: on its own\n",
      status = 1 })
end)

spec.test("what a script caught is no failure", function()
  check(program.run_script([[local luft = require "luft"
    print(pcall(luft.map, { 1 }, function() error("caught", 0) end))
    print(luft.spawn(error, "x", 0):pawait())]]),
    { out = "false\tcaught\nfalse\tx\n", err = "", status = 0 })
end)

spec.test("os.exit ends at once, with tasks under way", function()
  check(program.run_script([[local luft = require "luft"
    luft.spawn(luft.sleep, 1000)
    luft.spawn(function() print "gone" os.exit(9) end)
    luft.sleep(1000)]]), { out = "gone\n", err = "", status = 9 })
end)

spec.test("a closed pipe ends what writes to it", function()
  for _, before in ipairs { "", "require 'luft' " } do
    local result = program.run({ "-c", program.quoted(program.luft)
      .. " -e \"" .. before .. "while true do print(1) end\" | head -1" },
      { program = "sh" })
    check(result, { out = "1\n", err = "", status = 0 })
  end
end)

spec.done()
