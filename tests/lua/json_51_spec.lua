-- json_51_spec.lua -- luft.json on a Lua without integers: beyond 2^53 they are
-- read as texts of digits, and whole numbers are written as integers.

local luft = require "luft"
local spec = require "spec"

local encode, decode = luft.json.encode, luft.json.decode

spec.test("integers beyond 2^53 are texts of digits", function()
  for _, digits in ipairs { "9007199254740993", "-9007199254740993",
    "9007199254740994", "9223372036854775807", "-9223372036854775808" } do
    spec.equal(decode(digits), digits)
    spec.equal(decode('{"id":' .. digits .. "}").id, digits)
    spec.equal(decode("[" .. digits .. "]")[1], digits)
    spec.equal(encode(digits), '"' .. digits .. '"')
  end
  spec.equal(decode "9007199254740992", 2^53)
  spec.equal(decode "-9007199254740992", -2^53)
end)

spec.test("integers beyond 64 bits are numbers", function()
  spec.equal(decode "9223372036854775808", 2^63)
  spec.equal(decode "-9223372036854775809", -2^63)
  spec.equal(decode "18446744073709551615", 2^64)
end)

spec.test("what has a fraction or an exponent is a number", function()
  spec.equal(decode "9007199254740993.0", 2^53)
  spec.equal(decode "1e18", 1e18)
end)

spec.test("whole numbers are written as integers, up to 64 bits", function()
  for digits, n in pairs { ["0"] = 0, ["1"] = 1.0, ["-5"] = -5,
    ["1000000000000000"] = 1e15, ["100000000000000000"] = 1e17,
    ["9007199254740992"] = 2^53, ["9007199254740994"] = 2^53 + 2,
    ["-1152921504606846976"] = -2^60,
    ["9223372036854774784"] = 2^63 - 1024 } do
    spec.equal(encode(n), digits)
    spec.equal(encode { n }, "[" .. digits .. "]")
  end
  spec.equal(encode(2^63), "9.223372036854776e+18")
  spec.equal(encode(-2^63), "-9.223372036854776e+18")
end)

spec.done()
