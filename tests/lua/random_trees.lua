-- random_trees.lua -- random trees of tasks that sleep, fail, cancel each
-- other, wait for each other and open scopes, on a virtual clock and in an
-- order of turns that the seed decides.  Of each tree is asked:
--
--   * no task outlives its parent;
--   * every clean-up ran exactly once;
--   * the error it ends with is the first one its scope was told of;
--   * every error that was raised is the outcome, hangs on it, or was given to
--     somebody who asked for it: nothing is lost.
--
-- The specs that grow them say how clean-up is done and errors are caught,
-- which differs between Luas and hosts.

local spec = require "spec"
local virtual = require "lua.virtual"
local errors = require "luft.errors"
local raw_pcall = require "luft.raw".pcall

local trees = {}

local MOST_TASKS, MOST_DEPTH = 25, 6

local function new_tree(T, random, ways)
  local tree = {
    T = T, random = random, ways = ways, opened = 0, closed = 0, raised = {},
    handled = {}, tasks = {}, budget = MOST_TASKS,
  }

  function tree.fail()
    local err = errors.new("local", "failure " .. #tree.raised + 1)
    tree.raised[#tree.raised + 1] = err
    error(err, 0)
  end

  function tree.note(ok, err)
    if not ok then tree.handled[err] = true end
  end

  function tree.catch(fn, ...)
    tree.note(ways.pcall(T, fn, ...))
  end

  return tree
end

-- Clean-up that must run once, while the parent still runs.
local function clean_up(tree, guard)
  local random = tree.random
  guard.runs = guard.runs + 1
  tree.closed = tree.closed + 1
  spec.equal(guard.runs, 1, "a guard was closed twice")
  if guard.parent then
    spec.equal(guard.parent.state, "running", "a task outlived its parent")
  end
  if random(4) == 0 then tree.T.sleep(random(3)) end
  if random(12) == 0 then tree.fail() end
end

-- Runs fn, and clean-up afterwards.  Where clean-up fails, the error that led
-- to it is forgotten in a plain block (`forgotten`), and by a clean-up that
-- stands on pcall; that one was given it.
local function guarded(tree, parent, forgotten, fn)
  local guard = { parent = parent, runs = 0 }
  tree.opened = tree.opened + 1
  tree.ways.finally(fn, function(err)
    local ok, problem = raw_pcall(clean_up, tree, guard)
    if ok then return end
    if err ~= nil and (forgotten or tree.ways.forgets) then
      tree.handled[err] = true
    end
    error(problem, 0)
  end)
end

local function some_task(tree)
  if not tree.tasks[1] then return nil end
  return tree.tasks[tree.random(#tree.tasks) + 1]
end

local act

local function spawn(tree, depth)
  if tree.budget == 0 or depth > 4 then return end
  tree.budget = tree.budget - 1
  local parent = tree.T.current()
  tree.tasks[#tree.tasks + 1] = tree.T.spawn(function()
    guarded(tree, parent, false, function()
      for _ = 1, 1 + tree.random(4) do act(tree, depth + 1) end
      if tree.random(10) == 0 then tree.fail() end
    end)
  end)
end

local function guarded_acts(tree, depth)
  guarded(tree, nil, false, function()
    for _ = 1, tree.random(3) do act(tree, depth + 1) end
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
    tree.catch(tree.T.scope, function() guarded_acts(tree, depth) end)
  end,
  function(tree, depth)
    tree.catch(tree.T.timeout, tree.random(3), function()
      guarded(tree, nil, false, function()
        for _ = 1, tree.random(3) do act(tree, depth + 1) end
        tree.T.sleep(tree.random(4))
      end)
    end)
  end,
  function(tree, depth)
    tree.catch(function()
      guarded(tree, nil, true, function()
        act(tree, depth + 1)
        if tree.random(4) == 0 then tree.fail() end
      end)
    end)
  end,
  function(tree, depth)
    if not tree.ways.generators then return act(tree, depth + 1) end
    local co = coroutine.wrap(function()
      guarded(tree, nil, true, function()
        act(tree, depth + 1)
        coroutine.yield(1)
      end)
    end)
    if co() then co() end
  end,
}

function act(tree, depth)
  if depth > MOST_DEPTH then return end
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

local function check(seed, ways)
  local tree, first
  local _, err = virtual.run(seed, function(T)
    local fail_scope = T.fail_scope
    function T.fail_scope(scope, failure)
      first = first or (scope == T.root.top and failure)
      return fail_scope(scope, failure)
    end
    tree = new_tree(T, virtual.random(seed + 1000003), ways)
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

--- A test that grows trees and asks them.
-- @param count  how many; LUFT_TREES and LUFT_GC_STRESS say otherwise
-- @param ways.pcall  function(T, fn, ...): as pcall
-- @param ways.finally  function(fn, clean_up): as spec.finally
-- @param ways.forgets  true: clean-up that fails makes finally forget why
-- @param ways.generators  true: a script's own coroutines may wait
function trees.test(count, ways)
  count = tonumber(os.getenv("LUFT_TREES"))
    or os.getenv("LUFT_GC_STRESS") and count / 20 or count
  spec.test(("%d random trees keep their promises"):format(count), function()
    local failed, tasks = 0, 0
    for seed = 1, count do
      local ok, bad, its_tasks = xpcall(check, function(err)
        return debug.traceback("seed " .. seed .. ": " .. tostring(err))
      end, seed, ways)
      if not ok then error(bad, 0) end
      failed = failed + (bad and 1 or 0)
      tasks = tasks + its_tasks
    end
    spec.output(("(%d trees, %d tasks, %d trees ended with an error)"):format(
      count, tasks, failed))
  end)
end

return trees
