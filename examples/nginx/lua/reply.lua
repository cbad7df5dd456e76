-- reply.lua -- answers in JSON, and errors as answers.

local luft = require "luft"

local reply = {}

-- What luft's kinds of errors are for our client.  All others say that those
-- whom we asked, not the client, did something wrong.
local STATUS = {
  invalid_argument = 400, not_found = 404, already_exists = 409,
  conflict = 409, unsupported = 501, unavailable = 503, rate_limited = 503,
  timeout = 504, ["local"] = 500,
}
local BAD_GATEWAY = 502

--- Answers with a value as JSON.
function reply.json(status, value)
  ngx.status = status
  ngx.header.content_type = "application/json"
  ngx.print(luft.json.encode(value, { sorted = true }), "\n")
end

--- Answers that something is wrong.
-- @param kind  one of luft's kinds of errors
function reply.refuse(status, kind, message)
  reply.json(status, { error = { kind = kind, message = message } })
end

--- What a client is told of an error: {kind=, message=, made=}.  A mistake in
-- this program is nobody's business but the error log's.
function reply.told(err)
  if type(err) ~= "table" or not err.kind or err.kind == "local" then
    return { kind = "local", message = "internal error" }
  end
  return { kind = err.kind, message = err.message,
    made = err.made and err.made.id }
end

--- Answers with an error of luft's.
function reply.failure(err)
  local told = reply.told(err)
  reply.json(STATUS[told.kind] or BAD_GATEWAY, { error = told })
end

--- A handler from a function: luft.run waits for all that it starts, and notes
-- in the error log what it raises; the client gets that as an answer.
function reply.handler(fn)
  return function()
    local ok, err = luft.pcall(luft.run, fn)
    if ok then return end
    -- An answer that has begun can only be cut, so that it does not look whole.
    if ngx.headers_sent then return ngx.exit(ngx.ERROR) end
    reply.failure(err)
  end
end

return reply
