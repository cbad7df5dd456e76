-- nginx_specs.lua -- runs a spec in a handler of nginx and prints what it says.
--
--   luft tests/system/nginx_specs.lua tests/lua/task_spec.lua

local luft = require "luft"
local nginx = require "system.nginx"

io.stdout:setvbuf("no")

local answer = luft.http.get(nginx.url .. "/run", {
  body = ([[
    require("spec").output = print
    require "system.nginx_virtual"
    arg = { [0] = %q }
    assert(loadfile(arg[0]))(arg[0])
  ]]):format(arg[1]),
  timeout = 800, retries = 0, stream = true,
})

for chunk in answer:chunks() do io.write(chunk) end
