-- functions.lua -- the functions of luft, for the manual: see manual.lua.

local groups = {}

local ITEMS = {
  name = "items", type = "table|function",
  help = "A list, a table with keys of any kind, or an iterator function.",
}

local LIMIT = {
  name = "limit", type = "integer", default = "64",
  help = "How many are at work at a time.",
}

local CONTESTANTS = {
  name = "contestants", type = "table",
  help = "Functions and tasks, under keys of any kind.",
}

local WINNER = {
  { name = "result", type = "any", help = "What it returned." },
  { name = "key", type = "any", help = "Its key." },
}

local REST = {
  name = "...", type = "any", help = "Arguments for the function.",
}

local FUNCTION_RESULTS = {
  { name = "...", type = "any", help = "What the function returns." },
}

-- Tasks ---------------------------------------------------------------------

groups[1] = {
  title = "Tasks",
  help = "A task is a function that runs at the same time as others.  It ends "
    .. "only after the tasks it has started; the first failure cancels the "
    .. "others and is raised from where they were started.",
  {
    name = "spawn", help = "Starts a function as a task.",
    arguments = {
      { name = "fn", type = "fun(...): ...", help = "What the task does." },
      REST,
    },
    gives = { { name = "task", type = "luft.Task", help = "The new task." } },
    more = "The task is a child of the one that started it, or of the scope "
      .. "that is open there: that one ends only after its children have.  It "
      .. "begins when the caller next waits for something.",
  }, {
    name = "scope",
    help = "Runs a function and then waits for all tasks that were started "
      .. "inside it.",
    arguments = {
      { name = "fn", type = "fun(scope: luft.Scope): ...",
        help = "The block; it is given the scope." },
    },
    options = {
      { name = "timeout", type = "number",
        help = "Seconds, after which everything inside is cancelled." },
      { name = "limit", type = "integer",
        help = "How many of its tasks may run at a time; spawn waits." },
    },
    gives = FUNCTION_RESULTS,
    more = "In Lua 5.4 a scope can also be a variable: `local scope <close> "
      .. "= luft.scope{timeout = 5}` ends where the variable does.",
  }, {
    name = "timeout",
    help = "Runs a function, and raises kind timeout when it takes longer.",
    arguments = {
      { name = "seconds", type = "number", help = "How long it may take." },
      { name = "fn", type = "fun(...): ...", help = "What to do in them." },
      REST,
    },
    gives = FUNCTION_RESULTS,
    more = "Everything that the function started is cancelled too, and has "
      .. "cleaned up, when the error is raised.",
  }, {
    name = "sleep", help = "Waits; other tasks run meanwhile.",
    arguments = {
      { name = "seconds", type = "number",
        help = "How long; 0 lets every other task have a turn." },
    },
  }, {
    name = "now",
    help = "The time in seconds since 1970, UTC; it never goes back.",
    gives = { { name = "seconds", type = "number",
      help = "With fractions." } },
  }, {
    name = "pcall",
    help = "As Lua's pcall, but lets the cancellation of the task through.",
    arguments = {
      { name = "fn", type = "fun(...): ...", help = "What to call." }, REST,
    },
    gives = {
      { name = "ok", type = "boolean", help = "Whether it raised nothing." },
      { name = "...", type = "any", help = "Its results, or the error." },
    },
    more = "In the luft program pcall itself does so; elsewhere (nginx, plain "
      .. "Lua) pcall is Lua's own, and this one is for code that may be "
      .. "cancelled.",
  }, {
    name = "detach",
    help = "Starts a task that may outlive the one that starts it.",
    arguments = {
      { name = "fn", type = "fun(...): ...", help = "What the task does." },
      REST,
    },
    gives = { { name = "task", type = "luft.Task", help = "The new task." } },
    more = "The program waits for it at its end.  When it fails and nobody "
      .. "awaits it, the error is printed and the exit status is 1.",
  }, {
    name = "run",
    help = "Runs a function and everything that it starts, to the end.",
    arguments = {
      { name = "fn", type = "fun(...): ...", help = "What to do." }, REST,
    },
    gives = FUNCTION_RESULTS,
    more = "The luft program does so with the script itself.  Elsewhere the "
      .. "host's code ends without waiting for tasks: plain Lua wants one "
      .. "luft.run around what a script does, an nginx handler gets its error "
      .. "into the error log by it.  Under an event loop that cannot wait "
      .. "(luv, Neovim) it starts a task and gives that task at once.",
  }, {
    name = "tasks",
    help = "Who waits for what: a record for each task that has not ended.",
    gives = { { name = "tasks", type = "luft.TaskInfo[]",
      help = "Each with id name status waiting since site parent." } },
    more = "SIGQUIT (Ctrl-\\) makes the program print the same.",
  },
}

-- Many things at once -------------------------------------------------------

groups[2] = {
  title = "Many at once",
  help = "These start tasks for you, wait for them, and give what they "
    .. "returned.",
  {
    name = "map",
    help = "Calls a function for each item, many at a time; gives the results "
      .. "under the items' keys.",
    arguments = { ITEMS, {
      name = "fn", type = "fun(value: any, key: any): any",
      help = "What to do with an item.",
    } },
    options = { LIMIT, {
      name = "on_error", type = '"fail"|"collect"', default = '"fail"',
      help = "Whether the first failure cancels the rest and is raised, or "
        .. "failures are collected.",
    } },
    gives = {
      { name = "results", type = "table", help = "By the items' keys." },
      { name = "errors", type = "table", optional = true,
        help = "By the items' keys; with on_error = \"collect\" only." },
    },
    more = "What an iterator gives has the keys 1, 2, 3 and so on.",
  }, {
    name = "each",
    help = "Calls a function for each item, many at a time, in constant "
      .. "memory; its results are not kept.",
    arguments = { ITEMS, {
      name = "fn", type = "fun(value: any, key: any)",
      help = "What to do with an item.",
    } },
    options = { LIMIT },
  }, {
    name = "stream",
    help = "Calls a function for each item, many at a time, and hands its "
      .. "results to a for loop as they come.",
    arguments = { ITEMS, {
      name = "fn", type = "fun(value: any, key: any): any",
      help = "What to do with an item.",
    } },
    options = {
      { name = "limit", type = "integer", default = "64",
        help = "How many are at work, or wait for the loop, at a time." },
      { name = "ordered", type = "boolean", default = "false",
        help = "Results in the order of the items." },
    },
    gives = { { name = "stream", type = "luft.Stream",
      help = "For a loop: for key, result in luft.stream(items, fn) do." } },
    more = "When the loop is left early, what is still at work is cancelled.",
  }, {
    name = "gather", help = "Runs different things at the same time.",
    arguments = { {
      name = "functions", type = "table",
      help = "Functions and tasks, under keys of any kind.",
    } },
    gives = { { name = "results", type = "table",
      help = "What each returned, under the same keys." } },
    more = "The first failure cancels the others and is raised.",
  }, {
    name = "race",
    help = "Runs all, and gives what the first to end returned, or raises its "
      .. "error; the others are cancelled.",
    arguments = { CONTESTANTS }, gives = WINNER,
  }, {
    name = "any",
    help = "Runs all, and gives what the first to succeed returned; the others "
      .. "are cancelled.",
    arguments = { CONTESTANTS }, gives = WINNER,
    more = "When all fail, the first failure is raised and the others stand in "
      .. "its field also.",
  },
}

-- Coordination --------------------------------------------------------------

groups[3] = {
  title = "Coordination",
  help = "How tasks wait for one another.  Whoever waits stands in a queue: "
    .. "first come, first served.",
  {
    name = "semaphore", help = "At most n tasks hold it at a time.",
    arguments = { { name = "n", type = "integer", help = "1 or more." } },
    gives = { { name = "semaphore", type = "luft.Semaphore",
      help = "Its turns." } },
  }, {
    name = "channel", help = "Hands values from tasks to tasks, in order.",
    arguments = { {
      name = "room", type = "integer", optional = true, default = "0",
      help = "How many values it holds; 0: put waits until somebody gets.",
    } },
    gives = { { name = "channel", type = "luft.Channel",
      help = "The way between them." } },
  }, {
    name = "event", help = "Something that has happened or not.",
    gives = { { name = "event", type = "luft.Event",
      help = "Not yet happened." } },
  }, {
    name = "limiter", help = "Lets so many through in a second.",
    options = {
      { name = "rate", type = "number", required = true,
        help = "How many a second." },
      { name = "burst", type = "integer", default = "1",
        help = "How many of them at once after a pause." },
    },
    gives = { { name = "limiter", type = "luft.Limiter",
      help = "Where to wait for a turn." } },
  },
}

-- The rest ------------------------------------------------------------------

groups[4] = {
  title = "Data, and luft itself",
  help = "What else the module holds.",
  { name = "http", library = true, help = "HTTP requests to anywhere." },
  { name = "json", library = true, help = "JSON to Lua values and back." },
  {
    name = "null", value = "lightuserdata",
    help = "What stands for null in JSON; it is a true value, not nil.",
  }, {
    name = "providers", help = "Which methods each provider has, as data.",
    gives = { { name = "providers", type = "table",
      help = "providers.container.docker.list_containers is true." } },
  }, {
    name = "transport",
    help = "Sends requests to a function instead of the network, from now on; "
      .. "nil undoes it.",
    arguments = { {
      name = "fn", type = "fun(request: table): table", optional = true,
      help = "Is given {method=, endpoint=, target=, headers=, body=}; gives "
        .. "{status=, headers=, body=}, the body a string or an iterator.",
    } },
    gives = { { name = "before", type = "function?",
      help = "The transport before." } },
  }, {
    name = "help", help = "What something is, as text.",
    arguments = { {
      name = "topic", type = "any", optional = true,
      help = "A name such as \"docker\" or \"map\", or a value: a driver, a "
        .. "container, a function of luft.",
    } },
    gives = { { name = "text", type = "string",
      help = "print(luft.help(\"map\")) shows it." } },
  }, {
    name = "_VERSION", value = "string", help = "Such as \"luft 0.1.0\".",
  },
}

return groups
