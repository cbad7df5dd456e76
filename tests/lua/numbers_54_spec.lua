-- numbers_54_spec.lua -- ids and sizes are 64-bit integers where Lua has them.

local luft = require "luft"
local spec = require "spec"
local provider = require "lua.numbers_provider"

local docker, sent = provider.docker, provider.sent

spec.test("sizes and times are integers", function()
  local image = docker { size = "9223372036854775807" }:list_images()[1]
  spec.equal(image.extra.size, math.maxinteger)
  spec.equal(image.raw.Size, math.maxinteger)
  spec.equal(math.type(image.extra.created), "integer")
end)

spec.test("64-bit integers are sent exactly", function()
  local from = docker { memory = "9007199254740993" }:get_container "x"
  docker {}:deploy_container("web", "image",
    { mem_limit = from.raw.HostConfig.Memory, start = false })
  spec.match(sent.body, '"Memory":9007199254740993[,}]')
  docker {}:deploy_container("web", "image",
    { mem_limit = math.mininteger, start = false })
  spec.match(sent.body, '"Memory":%-9223372036854775808[,}]')
  docker {}:deploy_container("web", "image", { mem_limit = 2.0^53,
    start = false })
  spec.match(sent.body, '"Memory":9007199254740992[,}]')
end)

spec.test("digits in a text are no integer", function()
  spec.fails(function()
    docker {}:deploy_container("web", "image",
      { mem_limit = "9007199254740993" })
  end, "invalid_argument", "must be an integer, not string")
end)

luft.transport(nil)
spec.done()
