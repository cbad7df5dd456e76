-- environment.lua -- variables of the environment in nginx, which hides them.
--
-- Workers have only those that nginx.conf names (env NAME;).  The master still
-- has them all while it runs init_by_lua: where luft is required there, they
-- are kept.

local core = require "luft.core"

core.mine()

local environment = {}

local kept = ngx.get_phase() == "init" and core.environment() or nil
local missing = {}

--- As os.getenv.
function environment.get(name)
  local value = os.getenv(name) or kept and kept[name]
  if value == nil and not kept then missing[name] = true end
  return value
end

--- A message, and where it names a variable that nginx may have hidden, how to
-- have that shown.
function environment.explain(message)
  for name in pairs(missing) do
    if message:find("%f[%w_]" .. name .. "%f[^%w_]") then
      return message .. ("; nginx hides %s from its workers unless nginx.conf "
        .. "says 'env %s;' or requires luft in init_by_lua"):format(name, name)
    end
  end
  return message
end

return environment
