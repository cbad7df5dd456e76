-- json_spec.lua -- luft.json: what it reads, what it writes, what it refuses.

local luft = require "luft"
local spec = require "spec"

local json, null = luft.json, luft.null
local encode, decode = json.encode, json.decode

local function refuses(fn, value, pattern)
  local err = spec.fails(function() fn(value) end, "invalid_argument", pattern)
  spec.match(err, "^tests/lua/json_spec%.lua:%d+: json: [^\n]*$")
end

local function round(value) return decode(encode(value)) end

-- Reading ---------------------------------------------------------------------

spec.test("every kind of value", function()
  spec.equal(decode '{"a":[1,true,false,"x",{}],"b":1.5}',
    { a = { 1, true, false, "x", {} }, b = 1.5 })
  for text, value in pairs { ["5"] = 5, ["\t\r\n \"x\" \n"] = "x",
    ["true"] = true, ["-1e2"] = -100.0 } do
    spec.equal(decode(text), value)
  end
  spec.equal(decode '{"a":1,"a":2}', { a = 2 })
  spec.equal(decode '{"":1}', { [""] = 1 })
end)

spec.test("null is luft.null, and stays in lists and objects", function()
  spec.ok(decode "null" == null and null ~= nil and json.null == null)
  local list = decode "[null,null]"
  spec.equal(#list, 2)
  spec.ok(list[2] == null)
  spec.equal(encode { null, { a = null } }, '[null,{"a":null}]')
  spec.equal(encode(nil), "null")
end)

spec.test("an empty array stays an array, an empty object an object", function()
  for _, text in ipairs { "[]", "{}", "[[]]", "[{}]", '{"a":[]}',
    '{"a":{}}' } do
    spec.equal(round(decode(text)), decode(text))
    spec.equal(encode(decode(text)), text)
  end
  spec.equal(encode {}, "{}")
  spec.equal(encode(json.array()), "[]")
  spec.equal(encode(json.array {}), "[]")
  spec.equal(encode { list = json.array {} }, '{"list":[]}')
  local list = decode "[]"
  list[1] = "x"
  spec.equal(encode(list), '["x"]')
end)

spec.test("fractions come back as they were, in the fewest digits", function()
  for text, n in pairs { ["0.1"] = 0.1, ["1e+100"] = 1e100,
    ["5e-324"] = 5e-324, ["-2.5"] = -2.5, ["1.5e+300"] = 1.5e300,
    ["0.3333333333333333"] = 1 / 3, ["-0.0"] = -0.0,
    ["1.7976931348623157e+308"] = 0x1.fffffffffffffp1023 } do
    spec.equal(encode(n), text)
    spec.equal(round(n), n)
  end
  spec.equal(1 / round(-0.0), -math.huge)
  local random = require "lua.virtual".random(7)
  for _ = 1, 2000 do
    local mantissa = random(2^26) * 2^27 + random(2^27) + 1
    local small = mantissa * 2^(random(1000) - 1073)
    local large = mantissa * 2^(random(900) + 64)
    spec.equal({ round(small), round(-large) }, { small, -large })
  end
end)

spec.test("whole numbers up to 2^53 are exact, and written out", function()
  for _, text in ipairs { "0", "7", "-1", "123456789012345",
    "100000000000000", "1000000000000000", "9007199254740991",
    "9007199254740992", "-9007199254740992" } do
    local n = decode(text)
    spec.equal(type(n), "number")
    spec.equal(encode(n), text)
    spec.equal(("%.0f"):format(n), text)
  end
  spec.equal(encode { 9007199254740992, 1000000000000000, 3 },
    "[9007199254740992,1000000000000000,3]")
end)

spec.test("texts of any character, NUL and escapes too", function()
  local all = {}
  for byte = 0, 127 do all[#all + 1] = string.char(byte) end
  local text = table.concat(all)
    .. "\u{80}\u{7ff}\u{800}\u{2028}\u{ffff}\u{10000}\u{10ffff}"
  spec.equal(round(text), text)
  spec.equal(round { [text] = text }, { [text] = text })
  spec.equal(encode "\0\"\\/\b\f\n\r\t", [["\u0000\"\\/\b\f\n\r\t"]])
  spec.equal(decode [["\u0041\u00e9\ud83d\ude00\/"]], "Aé😀/")
  spec.equal(decode [["\ud800\udc00\ud800x"]], "\u{10000}\u{fffd}x")
  local long = ("\u{e9}\n"):rep(100000)
  spec.equal(round(long) == long, true)
end)

spec.test("512 levels deep, and no deeper", function()
  local function nested(open, close, n) return open:rep(n) .. close:rep(n) end
  spec.equal(encode(decode(nested("[", "]", 512))), nested("[", "]", 512))
  refuses(decode, nested("[", "]", 513),
    "nested more than 512 levels deep, at byte 513 of 1026$")
  refuses(decode, ("["):rep(1000000), "512 levels")
  decode(('{"a":'):rep(511) .. "{}" .. ("}"):rep(511))
  refuses(decode, ('{"a":'):rep(513), "512 levels")
  local deep = {}
  local inner = deep
  for _ = 1, 511 do inner[1] = {} inner = inner[1] end
  spec.equal(#encode(deep), 1024)
  inner[1] = {}
  refuses(encode, deep, "512 levels")
end)

local broken = {
  { "", "ends in the middle of a value, at byte 0 of 0$" },
  { "[1,", "ends in the middle of a value, at byte 3 of 3$" },
  { '{"a"', "a ':' was expected" },
  { '{"a":', "ends in the middle of a value, at byte 5 of 5$" },
  { '"a', "ends in the middle" },
  { "[1] x", "text stands behind its end, at byte 5 of 5$" },
  { "[1]]", "text stands behind its end, at byte 4 of 4$" },
  { "1 2", "text stands behind its end, at byte 3 of 3$" },
  { "[1]\0", "text stands behind its end, at byte 4 of 4$" },
  { "[1,]", "a value was expected, at byte 4 of 4$" },
  { "[,1]", "a value was expected, at byte 2 of 4$" },
  { '{"a":1,}', "a name in quotes was expected, at byte 8 of 8$" },
  { "{a:1}", "a name in quotes was expected, at byte 2 of 5$" },
  { '{"a" 1}', "a ':' was expected" },
  { "[1 2]", "a ',' or ']' was expected, at byte 4 of 5$" },
  { "nul", "unknown word" }, { "True", "a value was expected" },
  { "01", "needless 0" }, { "-", "lacks a digit" }, { "1.", "lacks a digit" },
  { "1e", "lacks a digit" }, { ".5", "a value was expected" },
  { "+1", "a value was expected" }, { "0x1", "text stands behind" },
  { "NaN", "a value was expected" }, { "Infinity", "a value was expected" },
  { "1e400", "a number is too large" }, { "-1e400", "too large" },
  { "'a'", "a value was expected" }, { "// x\n1", "a value was expected" },
  { "\u{feff}1", "a value was expected, at byte 1 of 4$" },
  { [["\x"]], "unknown escape" }, { [["\u12"]], "" },
  { '"a\nb"', "bare control character" }, { '"a\0b"', "bare control" },
  { '"\xff"', "not valid UTF%-8" }, { '"\xc0\x80"', "not valid UTF%-8" },
  { '"\xed\xa0\x80"', "not valid UTF%-8" },
  { '"\xf4\x90\x80\x80"', "not valid UTF%-8" },
  { '"\xe2\x82"', "not valid UTF%-8" },
  { '{"\xff":1}', "not valid UTF%-8" },
}

spec.test("what is no JSON is refused, with its place", function()
  for _, row in ipairs(broken) do refuses(decode, row[1], row[2]) end
end)

spec.test("every cut of a document is refused", function()
  local text = '{"a":[1,-2.5e3,null,true,"\\u00e9\\n"],"b":{"c":false}}'
  decode(text)
  for length = 0, #text - 1 do
    refuses(decode, text:sub(1, length), "decode")
  end
end)

-- Writing --------------------------------------------------------------------

spec.test("tables are lists or objects", function()
  spec.equal(encode { 1, 2, 3 }, "[1,2,3]")
  spec.equal(encode { a = 1 }, '{"a":1}')
  spec.equal(encode({ b = 1, a = { d = 1, c = 2 }, aa = 3 },
    { sorted = true }), '{"a":{"c":2,"d":1},"aa":3,"b":1}')
  spec.equal(encode({ ["a\0b"] = 1, ["a"] = 2, ["a\0a"] = 3 },
    { sorted = true }), '{"a":2,"a\\u0000a":3,"a\\u0000b":1}')
  -- What metamethods would show does not count.
  spec.equal(encode(setmetatable({ 1 }, { __index = { 2 },
    __len = function() return 5 end })), "[1]")
end)

spec.test("what JSON has no form for is refused", function()
  for _, n in ipairs { 0 / 0, 1 / 0, -1 / 0 } do
    refuses(encode, n, "no form for infinity and NaN$")
    refuses(encode, { a = { n } }, "no form for infinity and NaN$")
  end
  refuses(encode, print, "no form for a function$")
  refuses(encode, { coroutine.create(function() end) }, "no form for a thread$")
  refuses(encode, { a = io.stdout }, "no form for a userdata$")
  refuses(encode, "\xff", "not valid UTF%-8$")
  refuses(encode, { ["\xed\xa0\x80"] = 1 }, "not valid UTF%-8$")
end)

spec.test("tables that are neither list nor object are refused", function()
  local mixed = "a list has holes, which luft.null fills, or names beside its "
    .. "values$"
  refuses(encode, { 1, a = 2 }, mixed)
  refuses(encode, { 1, 2, [4] = 4 }, mixed)
  refuses(encode, { 1, nil, 3 }, mixed)
  refuses(encode, json.array { a = 1 }, mixed)
  refuses(encode, { [2] = 1 }, "a number as a name$")
  refuses(encode, { [1.5] = 1 }, "a number as a name$")
  refuses(encode, { [true] = 1 }, "a boolean as a name$")
end)

spec.test("a table that holds itself is refused", function()
  local list, object, pair = {}, {}, {}
  list[1], object.self = list, object
  pair[1] = { a = { pair } }
  for _, value in ipairs { list, object, pair } do
    refuses(encode, value, "or holds itself$")
  end
  local twice = {}
  spec.equal(encode { twice, twice }, "[{},{}]")
end)

spec.test("wrong options and arguments", function()
  spec.fails(function() encode({}, { srted = true }) end, "invalid_argument",
    "there is no option 'srted'; there is 'sorted'")
  for _, call in ipairs { function() encode() end, function() decode() end,
    function() decode({}) end, function() json.array(5) end,
    function() encode({}, 5) end } do
    spec.match(select(2, pcall(call)), "bad argument #%d")
  end
end)

-- Together -------------------------------------------------------------------

-- The UTF-8 of a code point below 0x10000.
local function character(code)
  local low, middle = 128 + code % 64, math.floor(code / 64)
  if code < 128 then return string.char(code) end
  if code < 2048 then return string.char(192 + middle, low) end
  return string.char(224 + math.floor(middle / 64), 128 + middle % 64, low)
end

spec.test("a thousand random values come back", function()
  local random = require "lua.virtual".random(42)
  local function value(depth)
    local kind = random(depth > 4 and 5 or 7)
    if kind == 0 then return null end
    if kind == 1 then return random(2) == 0 end
    if kind == 2 then return random(60000) - 30000 end
    if kind == 3 then return (random(60000) - 30000) / (1 + random(1000)) end
    if kind == 4 then
      local text = {}
      for i = 1, random(10) do text[i] = character(random(0xd800)) end
      return table.concat(text)
    end
    local result = json.array()
    if kind == 6 then
      result = { last = true }
      for i = 1, random(6) do result["k" .. i] = value(depth + 1) end
    else
      for i = 1, random(6) do result[i] = value(depth + 1) end
    end
    return result
  end
  for _ = 1, 1000 do
    local one = value(0)
    spec.equal(round(one), one)
    local text = encode(one, { sorted = true })
    spec.equal(encode(decode(text), { sorted = true }), text)
  end
end)

spec.done()
