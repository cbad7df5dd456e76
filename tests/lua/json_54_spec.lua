-- json_54_spec.lua -- luft.json on a Lua that tells integers from floats.

local luft = require "luft"
local spec = require "spec"

local encode, decode = luft.json.encode, luft.json.decode

local function round(value) return decode(encode(value)) end

spec.test("64-bit integers are exact", function()
  for _, n in ipairs { math.maxinteger, math.mininteger, 0, -1,
    9007199254740993 } do
    spec.equal(round(n), n)
    spec.equal(math.type(round(n)), "integer")
    spec.equal(encode(n), ("%d"):format(n))
  end
  spec.equal(decode "9223372036854775808", 2.0^63)
  spec.equal(math.type(decode "9223372036854775808"), "float")
  spec.equal(decode "-9223372036854775809", -2.0^63)
end)

spec.test("floats come back as floats, whatever their bits", function()
  for text, n in pairs { ["1.0"] = 1.0, ["-0.0"] = -0.0,
    ["1e+100"] = 1e100, ["1e+15"] = 1e15, ["0.1"] = 0.1 } do
    spec.equal(encode(n), text)
    spec.equal(round(n), n)
    spec.equal(math.type(round(n)), "float")
  end
  local state = 12345
  for _ = 1, 2000 do
    state = state * 6364136223846793005 + 1442695040888963407
    local n = string.unpack("d", string.pack("j", state))
    if n == n and n - n == 0 then spec.equal(round(n), n) end
  end
end)

spec.test("texts of any character", function()
  local all = {}
  for _, code in ipairs { 0x80, 0x7ff, 0x800, 0x2028, 0xd7ff, 0xe000, 0xffff,
    0x10000, 0x10ffff } do
    all[#all + 1] = utf8.char(code)
  end
  local text = table.concat(all)
  spec.equal(round(text), text)
  spec.equal(round { [text] = text }, { [text] = text })
end)

spec.done()
