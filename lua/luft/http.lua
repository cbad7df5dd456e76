-- http.lua -- luft.http: requests to anywhere, on the engine of all drivers.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

--- @param T  a world of tasks with calls
-- @param open  opens the http driver with options
-- @param desc  its description
return function(T, open, desc, common_options)
  local http = {}

  local TAG_HEAD = 1

  -- Which names are options of the way there (cached clients), which are of the
  -- request itself.
  local is_option, names = {}, {}
  for _, rows in ipairs { common_options, desc.options } do
    for _, row in ipairs(rows) do is_option[row.name] = true end
  end
  for _, rows in ipairs { common_options, desc.options,
    desc.methods[1].arguments } do
    for _, row in ipairs(rows) do
      names[#names + 1], names[row.name] = row.name, true
    end
  end

  local function check_name(name)
    if names[name] then return end
    local best = core.nearest(tostring(name), names)
    errors.misuse(("there is no option '%s'; %s"):format(tostring(name),
      best and "did you mean '" .. best .. "'?"
      or "luft.help(\"http.request\") lists them"), { provider = "http" })
  end

  -- Answers -----------------------------------------------------------------

  local Response = {}
  Response.__index = Response
  Response.__name = "luft.response"

  local headers_metatable = {
    __index = function(headers, name)
      return type(name) == "string" and rawget(headers, name:lower()) or nil
    end,
  }

  --- response.json(), response:json(): the body as a Lua value.
  local function decode(response)
    local ok, value = pcall(core.json.decode, response.body or "")
    if ok then return value end
    error(errors.new("protocol", "the answer is no JSON: " .. value.message,
      { provider = "http", status = response.status, where = core.place() }),
      0)
  end

  --- for chunk in response:chunks() do: the body as it comes; the loop's end
  -- closes it, also by break.
  function Response:chunks()
    local pieces, body = self.pieces, self.body
    if pieces then
      return function() return (pieces:next()) end, nil, nil, self
    end
    return function()
      local chunk = body ~= "" and body or nil
      body = nil
      return chunk
    end
  end

  --- Ends a streamed answer early.
  function Response:close()
    if self.pieces then self.pieces:close() end
  end

  Response.__close = Response.close

  function Response.__tostring(response)
    return ("<response %d, %s>"):format(response.status,
      response.body and #response.body .. " bytes" or "streamed")
  end

  local function new_response(answer)
    local response = setmetatable(answer, Response)
    setmetatable(response.headers, headers_metatable)
    response.json = function() return decode(response) end
    return response
  end

  -- Requests ----------------------------------------------------------------

  local clients = {}

  local function client_for(options)
    local key = core.json.encode(options, { sorted = true })
    clients[key] = clients[key] or open(options)
    return clients[key]
  end

  local function text_of(piece, i)
    return piece[2 * i - 1], piece[2 * i]
  end

  local function stream(client, info, producer, url, args)
    local pieces = T.open_pieces(client, info, producer, text_of, url, args)
    local head, tag = pieces:next()
    if tag == TAG_HEAD then
      local answer = core.json.decode(head)
      answer.pieces = pieces
      return new_response(answer)
    end
    return new_response(pieces.result)
  end

  local function send(url, args, options)
    local client = client_for(options)
    local info = {
      index = 1, what = "http " .. (args.method or "GET") .. " "
        .. tostring(url):gsub("[?#].*", ""):gsub("//[^/@]*@", "//"),
      object = function(id) return id end,
    }
    local producer = type(args.body) == "function" and args.body or nil
    if args.stream then return stream(client, info, producer, url, args) end
    if producer then
      return new_response(T.call_with_body(client, info, producer, url, args))
    end
    return new_response(T.call(client, info, url, args))
  end

  --- luft.http.request{url=, method="GET", headers=, query=, json=, body=,
  -- stream=, save=, auth=, ...}: all options of drivers but endpoint and host
  -- are understood too (timeout, ca_cert, proxy, ...).
  -- @return {status=, headers=, body=, json()}; any status is an answer
  function http.request(request)
    if type(request) ~= "table" then
      errors.misuse("request takes a table: luft.http.request{url = ...}",
        { provider = "http" })
    end
    local args, options = {}, {}
    for name, value in pairs(request) do
      if name ~= "url" then
        check_name(name);
        (is_option[name] and options or args)[name] = value
      end
    end
    return send(request.url, args, options)
  end

  local function with_method(method)
    return function(url, options)
      if options ~= nil and type(options) ~= "table" then
        errors.misuse(("the options must be a table, not a %s; the call is "
          .. "luft.http.%s(url, {options})"):format(type(options),
          method:lower()), { provider = "http" })
      end
      if options and (options.method or method) ~= method then
        errors.misuse(("luft.http.%s sends %s, not %s; luft.http.request "
          .. "takes a method"):format(method:lower(), method,
          tostring(options.method)), { provider = "http" })
      end
      local request = {}
      for name, value in pairs(options or {}) do request[name] = value end
      request.url, request.method = url, method
      return http.request(request)
    end
  end

  http.get, http.head = with_method "GET", with_method "HEAD"
  http.post, http.put = with_method "POST", with_method "PUT"
  http.patch, http.delete = with_method "PATCH", with_method "DELETE"

  return http
end
