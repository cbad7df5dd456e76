-- digest.lua -- numbers that look random but are always the same for a text.
--
-- The playground's ids, sizes and delays come from here, so that a script sees
-- the same hosts at every run.  No cryptography: two generators of Park and
-- Miller's kind, whose products stay exact in a Lua without integers.

local core = require "luft.core"

core.mine()

local digest = {}

local PRIME = 2147483647
local MULTIPLIERS = { 48271, 69621 }

local function next_state(state, multiplier)
  return (state * multiplier) % PRIME
end

-- A few rounds more, so that the last character changes every digit.
local function seed(text, multiplier)
  local state = multiplier
  for i = 1, #text do
    state = (next_state(state, multiplier) + text:byte(i) + 1) % PRIME
  end
  if state == 0 then state = 1 end
  for _ = 1, 4 do state = next_state(state, multiplier) end
  return state
end

--- `length` hexadecimal digits that belong to the text.
function digest.hex(text, length)
  local states = {}
  for i, multiplier in ipairs(MULTIPLIERS) do
    states[i] = seed(text, multiplier)
  end
  local parts, which = {}, 1
  for i = 1, math.ceil(length / 4) do
    states[which] = next_state(states[which], MULTIPLIERS[which])
    parts[i] = ("%04x"):format(math.floor(states[which] / 32768) % 65536)
    which = 3 - which
  end
  return table.concat(parts):sub(1, length)
end

--- "sha256:" and 64 digits.
function digest.sha256(text)
  return "sha256:" .. digest.hex(text, 64)
end

--- A number from 0 up to, but not including, 1.
function digest.fraction(text)
  return seed(text, MULTIPLIERS[1]) / PRIME
end

--- A whole number from `least` to `most`.
function digest.between(text, least, most)
  return least + math.floor(digest.fraction(text) * (most - least + 1))
end

return digest
