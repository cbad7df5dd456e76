-- raw.lua -- pcall and xpcall as Lua has them.
--
-- In the luft program the global ones let cancellations through; the places
-- where a cancellation ends need those that catch everything.

local program = package.loaded["luft.program"]

return {
  pcall = program and program.pcall or pcall,
  xpcall = program and program.xpcall or xpcall,
}
