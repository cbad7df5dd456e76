-- random_spec.lua -- ten thousand random trees of tasks that sleep, fail,
-- cancel each other, wait for each other and open scopes, on a virtual clock
-- and in an order of turns that the seed decides.  Of each tree is asked:
--
--   * no task outlives its parent;
--   * every <close> ran exactly once;
--   * the error it ends with is the first one its scope was told of;
--   * every error that was raised is the outcome, hangs on it, or was given to
--     somebody who asked for it: nothing is lost.

local spec = require "spec"
local virtual = require "lua.virtual"
local errors = require "luft.errors"

local TREES = tonumber(os.getenv("LUFT_TREES"))
  or os.getenv("LUFT_GC_STRESS") and 500 or 10000

local function new_tree(T, random)
  local tree = {
    T = T, random = random, opened = 0, closed = 0, raised = {}, handled = {},
    tasks = {}, budget = 25,
  }

  -- A value whose __close must run once, while the parent still runs.  In a
  -- plain block Lua itself forgets an error that clean-up replaces; the
  -- clean-up was given it.
  function tree.guard(parent, plain)
    tree.opened = tree.opened + 1
    local runs = 0
    return setmetatable({}, { __close = function(_, err)
      if plain and err ~= nil then tree.handled[err] = true end
      runs = runs + 1
      tree.closed = tree.closed + 1
      spec.equal(runs, 1, "a guard was closed twice")
      if parent then
        spec.equal(parent.state, "running", "a task outlived its parent")
      end
      if random(4) == 0 then T.sleep(random(3)) end
      if random(12) == 0 then tree.fail() end
    end })
  end

  function tree.fail()
    local err = errors.new("local", "failure " .. #tree.raised + 1)
    tree.raised[#tree.raised + 1] = err
    error(err, 0)
  end

  function tree.note(ok, err)
    if not ok then tree.handled[err] = true end
  end

  return tree
end

local function some_task(tree)
  return tree.tasks[tree.random(#tree.tasks) + 1]
end

local act

local function spawn(tree, depth)
  if tree.budget == 0 or depth > 4 then return end
  tree.budget = tree.budget - 1
  local parent = tree.T.current()
  tree.tasks[#tree.tasks + 1] = tree.T.spawn(function()
    local _ <close> = tree.guard(parent)
    for _ = 1, 1 + tree.random(4) do act(tree, depth + 1) end
    if tree.random(10) == 0 then tree.fail() end
  end)
end

local actions = {
  function(tree) tree.T.sleep(tree.random(4)) end,
  spawn, spawn, spawn, spawn,
  function(tree)
    local task = some_task(tree)
    if task and task ~= tree.T.current() and task.state ~= "running" then
      tree.note(task:pawait())
    end
  end,
  function(tree, depth)
    local before = #tree.tasks
    spawn(tree, depth)
    local task = tree.tasks[before + 1]
    if task then tree.note(task:pawait()) end
  end,
  function(tree)
    local task = some_task(tree)
    if task then task:cancel("at random") end
  end,
  function(tree, depth)
    tree.note(pcall(tree.T.scope, function()
      local _ <close> = tree.guard()
      for _ = 1, tree.random(3) do act(tree, depth + 1) end
    end))
  end,
  function(tree, depth)
    tree.note(pcall(tree.T.timeout, tree.random(3), function()
      local _ <close> = tree.guard()
      for _ = 1, tree.random(3) do act(tree, depth + 1) end
      tree.T.sleep(tree.random(4))
    end))
  end,
  function(tree, depth)
    tree.note(pcall(function()
      local _ <close> = tree.guard(nil, true)
      act(tree, depth + 1)
      if tree.random(4) == 0 then tree.fail() end
    end))
  end,
  function(tree, depth)
    local co = coroutine.wrap(function()
      local _ <close> = tree.guard(nil, true)
      act(tree, depth + 1)
      coroutine.yield(1)
    end)
    if co() then co() end
  end,
}

function act(tree, depth)
  if depth > 6 then return end
  actions[tree.random(#actions) + 1](tree, depth)
end

-- Every error that can be reached from one.
local function reach(err, found)
  if type(err) ~= "table" or found[err] then return found end
  found[err] = true
  reach(err.cause, found)
  for _, other in ipairs(err.also or {}) do reach(other, found) end
  return found
end

local function check(seed)
  local tree, first
  local _, err = virtual.run(seed, function(T)
    local fail_scope = T.fail_scope
    function T.fail_scope(scope, failure)
      first = first or (scope == T.root.top and failure)
      return fail_scope(scope, failure)
    end
    tree = new_tree(T, virtual.random(seed + 1000003))
    for _ = 1, 4 + tree.random(8) do act(tree, 0) end
  end)
  spec.equal(tree.closed, tree.opened, "guards closed")
  for _, task in ipairs(tree.tasks) do
    spec.ok(task.state ~= "running", "a task was left behind")
  end
  if first then spec.ok(err == first, "the first failure did not win") end
  local known = reach(err, {})
  for handled in pairs(tree.handled) do reach(handled, known) end
  for _, raised in ipairs(tree.raised) do
    spec.ok(known[raised], tostring(raised) .. " of " .. #tree.raised
      .. " was lost; the tree ended with " .. tostring(err))
  end
  return err ~= nil, #tree.tasks
end

spec.test(TREES .. " random trees keep their promises", function()
  local failed, tasks = 0, 0
  for seed = 1, TREES do
    local ok, bad, count = xpcall(check, function(err)
      return debug.traceback("seed " .. seed .. ": " .. tostring(err))
    end, seed)
    if not ok then error(bad, 0) end
    failed = failed + (bad and 1 or 0)
    tasks = tasks + count
  end
  print(("(%d trees, %d tasks, %d trees ended with an error)"):format(TREES,
    tasks, failed))
end)

spec.test("the same seed gives the same tree", function()
  local function trace(seed)
    local events = {}
    virtual.run(seed, function(T)
      local random = virtual.random(seed)
      for i = 1, 20 do
        T.spawn(function()
          T.sleep(random(5))
          events[#events + 1] = i .. "@" .. T.now()
        end)
      end
    end)
    return table.concat(events, " ")
  end
  spec.equal(trace(7), trace(7))
  spec.ok(trace(7) ~= trace(8))
end)

spec.done()
