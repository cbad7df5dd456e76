-- numbers_spec.lua -- ids, sizes and times of a provider, on every Lua; those
-- that not every Lua can hold are in numbers_51_spec.lua and
-- numbers_54_spec.lua.

local luft = require "luft"
local spec = require "spec"
local provider = require "lua.numbers_provider"

local docker, sent = provider.docker, provider.sent

spec.test("sizes and times are numbers, and print with %d", function()
  local image = docker { size = "123456789012345" }:list_images()[1]
  spec.equal(image.extra.size, 123456789012345)
  spec.equal(image.raw.Size, 123456789012345)
  spec.equal(image.extra.created, 1449618009)
  spec.equal(("%d"):format(image.extra.size), "123456789012345")
  spec.equal(("%d"):format(docker { size = "9007199254740992" }
    :list_images()[1].extra.size), "9007199254740992")
end)

spec.test("an object's created_at is seconds", function()
  local container = docker {}:get_container "x"
  spec.equal(container.created_at, 1450832740)
  spec.equal(os.date("!%Y-%m-%d", container.created_at), "2015-12-23")
end)

spec.test("null in a record is luft.null, in a field it is nothing", function()
  local image = docker { size = "null" }:list_images()[1]
  spec.ok(image.raw.Size == luft.null)
  spec.equal(image.extra.size, nil)
end)

spec.test("whole numbers are sent as integers", function()
  for _, n in ipairs { 0, 67108864, 1099511627776, 1000000000000000,
    9007199254740992 } do
    docker {}:deploy_container("web", "image", { mem_limit = n,
      start = false })
    spec.match(sent.body, ('"Memory":%d[,}]'):format(n))
  end
end)

spec.test("what is no whole number is refused where one belongs", function()
  for _, wrong in ipairs { 1.5, 2^64, 0 / 0, "5", "-1", "1e3", "",
    "9007199254740992" } do
    spec.fails(function()
      docker {}:deploy_container("web", "image", { mem_limit = wrong })
    end, "invalid_argument", "'mem_limit' must be an integer, not %a+")
  end
end)

spec.test("numbers of a query are digits", function()
  provider.docker {}
  luft.http.get("http://api.test/", { query = { id = 1000000000000000,
    n = 5, half = 0.5 } })
  spec.equal(sent.target, "/?half=0.5&id=1000000000000000&n=5")
end)

luft.transport(nil)
spec.done()
