-- manual.lua -- what luft offers beside its drivers, as data.
--
-- luft.help, docs/reference and the types for editors are made from this; the
-- drivers' own tables (core.describe) say the same of drivers.  A row:
--
--   name, help     help: what it does
--   arguments      by position, a row each: name type help optional default
--   options        what a last table may hold: such rows, too
--   gives          what it returns: such rows, too
--   more           what a reader of the manual wants to know besides
--   value          it is no function: the type of the value
--   call           of an object that a loop can call: as what
--
-- Types are written as the Lua language server has them.  A test compares the
-- names with what there is: tests/lua/help_spec.lua.

return {
  groups = require "luft.manual.functions",
  libraries = require "luft.manual.libraries",
  objects = require "luft.manual.objects",
}
