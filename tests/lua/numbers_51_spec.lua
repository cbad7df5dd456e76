-- numbers_51_spec.lua -- ids and sizes beyond 2^53 on a Lua without integers:
-- texts of digits, which can be handed back.

local luft = require "luft"
local spec = require "spec"
local provider = require "lua.numbers_provider"

local docker, sent = provider.docker, provider.sent

local LARGE = "9007199254740993"

spec.test("sizes beyond 2^53 come as digits", function()
  local image = docker { size = LARGE }:list_images()[1]
  spec.equal(image.extra.size, LARGE)
  spec.equal(image.raw.Size, LARGE)
  spec.equal(tonumber(image.extra.size), 2^53)
end)

spec.test("such digits can be given where an integer belongs", function()
  local from = docker { memory = "9223372036854775807" }:get_container "x"
  docker {}:deploy_container("web", "image",
    { mem_limit = from.raw.HostConfig.Memory, start = false })
  spec.match(sent.body, '"Memory":9223372036854775807[,}]')
  docker {}:deploy_container("web", "image",
    { mem_limit = "-" .. LARGE, start = false })
  spec.match(sent.body, '"Memory":%-' .. LARGE .. "[,}]")
end)

spec.test("other texts cannot", function()
  for _, text in ipairs { "9007199254740992", "0" .. LARGE, "+" .. LARGE,
    LARGE .. " ", " " .. LARGE, LARGE .. ".0", LARGE .. "\0", "-", "--1",
    "9223372036854775808", "-9223372036854775809", "0x" .. LARGE } do
    spec.fails(function()
      docker {}:deploy_container("web", "image", { mem_limit = text })
    end, "invalid_argument", "must be an integer, not string")
  end
end)

spec.test("a whole number beyond 2^53 is sent as its digits", function()
  docker {}:deploy_container("web", "image", { mem_limit = 2^60,
    start = false })
  spec.match(sent.body, '"Memory":1152921504606846976[,}]')
end)

luft.transport(nil)
spec.done()
