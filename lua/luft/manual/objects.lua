-- objects.lua -- what luft's functions give, for the manual: see manual.lua.

local objects = {}

local REST = {
  name = "...", type = "any", help = "Arguments for the function.",
}

local FUNCTION_RESULTS = {
  { name = "...", type = "any", help = "What the function returns." },
}

objects[1] = {
  name = "Task", variable = "task",
  help = "What luft.spawn and the async view of a driver give.",
  {
    name = "await", gives = FUNCTION_RESULTS,
    help = "Waits for its end; gives its results, or raises its error.",
  }, {
    name = "pawait",
    help = "As await, but gives true and the results, or false and the error.",
    gives = {
      { name = "ok", type = "boolean", help = "Whether it succeeded." },
      { name = "...", type = "any", help = "Its results, or the error." },
    },
  }, {
    name = "cancel",
    help = "Asks it to stop where it next waits; does not wait for that.",
    arguments = { { name = "reason", type = "string", optional = true,
      help = "The message of the error that it gets." } },
  }, {
    name = "status", help = "How it is.",
    gives = { { name = "status",
      type = '"running"|"done"|"failed"|"cancelled"', help = "Its state." } },
  },
}

objects[2] = {
  name = "Scope", variable = "scope",
  help = "What luft.scope gives to its function.",
  {
    name = "spawn", help = "Starts a task that the scope waits for.",
    arguments = {
      { name = "fn", type = "fun(...): ...", help = "What the task does." },
      REST,
    },
    gives = { { name = "task", type = "luft.Task", help = "The new task." } },
  }, {
    name = "cancel",
    help = "Cancels what runs in it; the scope then ends with that error.",
    arguments = { { name = "reason", type = "string", optional = true,
      help = "The error's message." } },
  },
}

objects[3] = {
  name = "Stream", variable = "stream", call = "fun(): any, any",
  help = "What luft.stream gives to a for loop.",
  { name = "close",
    help = "Cancels what is still at work; leaving the loop does it." },
}

objects[4] = {
  name = "Semaphore", variable = "semaphore",
  help = "What luft.semaphore gives.",
  {
    name = "acquire", help = "Waits for a turn.",
    gives = { { name = "hold", type = "luft.Hold",
      help = "Gives the turn back when closed: local hold <close> = "
        .. "semaphore:acquire()." } },
  },
  { name = "release", help = "Gives a turn back." },
  {
    name = "with", help = "Holds it while a function runs.",
    arguments = {
      { name = "fn", type = "fun(...): ...", help = "What to call." }, REST,
    },
    gives = FUNCTION_RESULTS,
  },
}

objects[5] = {
  name = "Hold", variable = "hold",
  help = "One turn of a semaphore, as semaphore:acquire gives it.",
  { name = "release",
    help = "Gives the turn back; a second time does nothing." },
}

objects[6] = {
  name = "Channel", variable = "channel", call = "fun(): any",
  help = "What luft.channel gives; for value in channel do takes values out "
    .. "until it is closed and empty.",
  {
    name = "put", help = "Puts a value in; waits while it is full.",
    arguments = { { name = "value", type = "any", help = "Not nil." } },
  }, {
    name = "get", help = "Takes the oldest value; waits while there is none.",
    gives = { { name = "value", type = "any",
      help = "nil once the channel is closed and empty." } },
  }, {
    name = "close",
    help = "No more values: who waits to get gets nil, who waits to put an "
      .. "error.",
  },
}

objects[7] = {
  name = "Event", variable = "event",
  help = "What luft.event gives.",
  { name = "set", help = "It has happened: all who wait go on." },
  { name = "wait", help = "Waits until it is set." },
  { name = "clear", help = "It has not happened any more." },
  {
    name = "is_set", help = "Whether it has happened.",
    gives = { { name = "happened", type = "boolean",
      help = "True or false." } },
  },
}

objects[8] = {
  name = "Limiter", variable = "limiter",
  help = "What luft.limiter gives.",
  { name = "acquire", help = "Waits for its turn." },
}

objects[9] = {
  name = "Iterator", variable = "iterator", call = "fun(): any, any",
  help = "What the iterate_ methods of drivers, and streams of lines, give to "
    .. "a for loop.",
  { name = "close", help = "Ends it early; leaving the loop does it." },
}

objects[10] = {
  name = "Response", variable = "response", belongs_to = "http",
  help = "The answer to a request.",
  fields = {
    { name = "status", type = "integer", help = "Such as 200." },
    { name = "headers", type = "table<string, string>",
      help = "By name; response.headers[\"Content-Type\"] and "
        .. "[\"content-type\"] are the same." },
    { name = "body", type = "string?",
      help = "All of it; nil when the answer is streamed or saved." },
  },
  {
    name = "json", help = "The body as a Lua value.",
    gives = { { name = "value", type = "any",
      help = "Raises kind protocol when it is no JSON." } },
  }, {
    name = "chunks", help = "The body as it comes, for a loop.",
    gives = { { name = "next", type = "fun(): string?",
      help = "for chunk in response:chunks() do." } },
  },
  { name = "close", help = "Ends a streamed answer early." },
}

objects[11] = {
  name = "Error", variable = "err", belongs_to = "errors",
  help = "Every failure is an error object; tostring(err) is one line that "
    .. "says what failed and what to do.",
  fields = {
    { name = "kind", type = "string", help = "One of the kinds below." },
    { name = "message", type = "string", help = "Why." },
    { name = "provider", type = "string?", help = "Such as docker." },
    { name = "operation", type = "string?", help = "Such as get_container." },
    { name = "status", type = "integer?",
      help = "The HTTP status of the last answer." },
    { name = "code", type = "string?", help = "The provider's own code." },
    { name = "request_id", type = "string?",
      help = "The provider's name for the request." },
    { name = "retryable", type = "boolean?",
      help = "The same call may succeed later." },
    { name = "retry_after", type = "number?",
      help = "Seconds that the provider asks to wait." },
    { name = "attempts", type = "integer?",
      help = "How many requests were sent for the step that failed." },
    { name = "made", type = "any",
      help = "What was created before the failure and is still there: an "
        .. "object with an id." },
    { name = "cause", type = "any", help = "The error that led to this one." },
    { name = "also", type = "any[]?",
      help = "What failed besides, in other tasks or in clean-up." },
    { name = "where", type = "string?",
      help = "File and line of the call in your script." },
    { name = "traceback", type = "string?", help = "Of where it was raised." },
  },
}

objects[12] = {
  name = "TaskInfo", help = "A record of luft.tasks().",
  fields = {
    { name = "id", type = "integer", help = "Its number." },
    { name = "name", type = "string", help = "Such as task 3." },
    { name = "status", type = "string", help = "As task:status()." },
    { name = "waiting", type = "string", help = "What it waits for." },
    { name = "since", type = "number?", help = "Since when, as luft.now()." },
    { name = "site", type = "string", help = "Where it was spawned." },
    { name = "parent", type = "string?", help = "The name of its parent." },
  },
}

return objects
