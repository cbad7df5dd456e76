-- cancel_program_spec.lua -- where the luft program knows it must not wait.

local luft = require "luft"
local spec = require "spec"
local server = require "server".start {}

local http, url = luft.http, server.url

spec.at_end(server.stop)

spec.test("a request in a finalizer is refused", function()
  local problem
  setmetatable({}, { __gc = function()
    local _, err = pcall(http.get, url .. "/echo")
    problem = err
  end })
  collectgarbage()
  collectgarbage()
  spec.equal(problem.kind, "invalid_argument")
end)

spec.done()
