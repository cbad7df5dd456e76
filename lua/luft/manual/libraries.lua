-- libraries.lua -- http, json and the playground, for the manual: see
-- manual.lua.

local libraries = {}

local RESPONSE = { { name = "response", type = "luft.Response",
  help = "The answer, whatever its status." } }

-- What a request may hold is written in drivers/http.c, not here: takes_request
-- says that it belongs to the options; "rest" without url and method.
local function request_by(method, help)
  return {
    name = method, help = help, gives = RESPONSE,
    arguments = { { name = "url", type = "string",
      help = "http:// or https://, with host." } },
    takes_request = "rest",
  }
end

libraries[1] = {
  name = "http", prefix = "luft.http",
  help = "HTTP requests to anywhere.",
  {
    name = "request", takes_request = "whole",
    help = "Sends any request; gives the answer, whatever its status.",
    gives = RESPONSE,
  },
  request_by("get", "Fetches what is at a URL."),
  request_by("head", "Asks for the headers alone."),
  request_by("post", "Sends something to a URL."),
  request_by("put", "Puts something at a URL."),
  request_by("patch", "Changes a part of what is at a URL."),
  request_by("delete", "Deletes what is at a URL."),
}

libraries[2] = {
  name = "json", prefix = "luft.json",
  help = "JSON to Lua values and back.  Integers stay exact, null is "
    .. "luft.null, and an array stays an array even when it is empty.",
  {
    name = "encode", help = "A Lua value as JSON.",
    arguments = { { name = "value", type = "any",
      help = "A table is an array when it is a list, else an object." } },
    options = { { name = "sorted", type = "boolean", default = "false",
      help = "Names in order, so that the same value gives the same text." } },
    gives = { { name = "text", type = "string", help = "The JSON." } },
  }, {
    name = "decode", help = "JSON as a Lua value.",
    arguments = { { name = "text", type = "string", help = "The JSON." } },
    gives = { { name = "value", type = "any", help = "The value." } },
    more = "Raises invalid_argument, with the place, when the text is no JSON.",
  }, {
    name = "array", help = "Marks a table as an array, even an empty one.",
    arguments = { { name = "list", type = "table", optional = true,
      help = "Or nil for a new one." } },
    gives = { { name = "list", type = "table", help = "The same table." } },
  }, {
    name = "null", value = "lightuserdata", help = "The same as luft.null.",
  },
}

libraries[3] = {
  name = "playground", prefix = "playground", module = "luft.playground",
  help = "Clouds simulated inside this program, to try things out: luft "
    .. "--playground script.lua.  local playground = require "
    .. "\"luft.playground\" says how they behave.",
  {
    name = "install",
    help = "From now on requests go to the playground, as with --playground.",
    gives = { { name = "before", type = "function?",
      help = "The transport before." } },
  }, {
    name = "configure",
    help = "Says how an endpoint behaves, or all (\"*\").",
    arguments = { { name = "endpoint", type = "string",
      help = "Such as \"tcp://beta:2375\", or \"*\"." } },
    options = {
      { name = "latency", type = "number|function", default = "0.02",
        help = "Seconds that a request takes on the average, or a function "
          .. "that waits." },
      { name = "down", type = "boolean", default = "false",
        help = "Nobody listens there." },
      { name = "fail", type = "table",
        help = "Requests that fail: {[\"POST /containers/*/start\"] = "
          .. "{status=, message=, times=}}." },
    },
  }, {
    name = "reset", help = "Forgets all hosts and what was configured.",
  }, {
    name = "statistics",
    help = "How many requests there were, are now, and were at most at a time.",
    arguments = { { name = "endpoint", type = "string", optional = true,
      help = "Of this one alone." } },
    gives = { { name = "counts", type = "table",
      help = "{requests=, in_flight=, most_in_flight=}." } },
  },
}

return libraries
