-- driver.lua -- drivers and their objects, made from the tables of src/core.
--
-- Each row of a driver's table becomes a method: driver:method(...) calls it,
-- driver.async:method(...) gives a task, driver.try:method(...) gives nil and
-- the error.  Rows that give a list called list_x get an iterate_x, too.

local core = require "luft.core"
local errors = require "luft.errors"

core.mine()

--- @param T  a world of tasks with calls
-- @param environment  function(name): a variable of the environment
return function(T, environment)
  local driver_module = {}

  -- Objects -----------------------------------------------------------------

  local function describe(object, shape)
    local parts = { shape.name, tostring(object.name or object.id or "?") }
    local id = rawget(object, "id")
    if type(id) == "string" and id ~= object.name then
      parts[#parts + 1] = "id=" .. (id:gsub("^sha256:", ""):sub(1, 12))
        .. (#id > 12 and "…" or "")
    end
    if object.state then parts[#parts + 1] = "state=" .. object.state end
    return "<" .. table.concat(parts, " ") .. ">"
  end

  -- container:stop{...} is driver:stop_container(container, {...}); the object
  -- may come at another place than the first.
  local function forwarder(verb)
    return function(object, ...)
      local method = object.driver[verb.method]
      if verb.position == 2 then
        return method(object.driver, (...), object, select(2, ...))
      end
      return method(object.driver, object, ...)
    end
  end

  -- Fields in the order of their rows, then extra.
  local function fields_of(object, shape)
    local i, names = 0, shape.names
    return function()
      while names[i + 1] do
        i = i + 1
        local value = object[names[i]]
        if value ~= nil then return names[i], value end
      end
    end
  end

  local function plain_table(object, shape)
    local copy = {}
    for name, value in fields_of(object, shape) do copy[name] = value end
    return copy
  end

  local function make_metatable(shape)
    local verbs = {}
    for _, verb in ipairs(shape.verbs) do
      verbs[verb.name] = forwarder(verb)
    end
    shape.names = {}
    for i, field in ipairs(shape.fields) do shape.names[i] = field.name end
    if #shape.extra > 0 then table.insert(shape.names, "extra") end
    return {
      __name = shape.name,
      __index = function(object, name)
        if name == "extra" then
          local extra = core.extra(shape.handle, object)
          rawset(object, "extra", extra)
          return extra
        elseif name == "raw" then
          local raw = core.raw(object)
          rawset(object, "raw", raw)
          return raw
        end
        return verbs[name]
      end,
      __tostring = function(object) return describe(object, shape) end,
      __pairs = function(object) return fields_of(object, shape), nil, nil end,
      __eq = function(a, b) return a.id == b.id and a.driver == b.driver end,
      __luft_fields = function(object) return plain_table(object, shape) end,
      __luft_shape = shape,
    }
  end

  -- Methods -----------------------------------------------------------------

  local function item_of_list(piece, i) return piece[i] end

  local source_names = { [1] = "stdout", [2] = "stderr" }

  -- Texts come with a number that says where from.
  local function item_of_texts(piece, i)
    local text = piece[2 * i - 1]
    if text == nil then return nil end
    return text, source_names[piece[2 * i]] or piece[2 * i]
  end

  local Iterator = {}
  Iterator.__index = Iterator
  Iterator.__name = "luft.iterator"

  function Iterator:__call()
    local a, b = self.pieces:next()
    return a, b
  end

  --- Ends it early; the for loop does it at its end.
  function Iterator:close() self.pieces:close() end

  Iterator.__close = Iterator.close

  local function iterate(client, info, read, ...)
    local iterator = setmetatable({
      pieces = T.open_pieces(client, info, nil, read, ...),
    }, Iterator)
    return iterator, nil, nil, iterator
  end

  -- The function that the last argument's table has under this name.
  local function callback_of(name, ...)
    local options = select(select("#", ...), ...)
    local callback = type(options) == "table" and not getmetatable(options)
      and options[name]
    return type(callback) == "function" and callback or nil
  end

  local function flag_of(name, ...)
    local count = select("#", ...)
    local options = count > 0 and select(count, ...)
    return type(options) == "table" and not getmetatable(options)
      and options[name] == true
  end

  local function with_callback(info, name)
    return function(client, ...)
      local callback = select("#", ...) > 0 and callback_of(name, ...)
      if not callback then return T.call(client, info, ...) end
      local pieces = T.open_pieces(client, info, nil, item_of_list, ...)
      for item in function() return pieces:next() end do callback(item) end
      return pieces.result
    end
  end

  local function with_stream(info, name)
    return function(client, ...)
      if not flag_of(name, ...) then return T.call(client, info, ...) end
      return iterate(client, info, item_of_texts, ...)
    end
  end

  local function function_argument(row)
    for _, argument in ipairs(row.arguments) do
      for _, kind in ipairs(argument.types) do
        if kind == "function" then return argument.name end
      end
    end
  end

  local function make_method(info, row)
    local callback = function_argument(row)
    if row.stream_if then return with_stream(info, row.stream_if) end
    if callback then return with_callback(info, callback) end
    return function(client, ...) return T.call(client, info, ...) end
  end

  -- Views -------------------------------------------------------------------

  local function unknown_method(class, name)
    local best = core.nearest(tostring(name), class.names)
    errors.misuse("there is no method '" .. tostring(name) .. "'"
      .. (best and "; did you mean '" .. best .. "'?"
        or ("; luft.help(%q) lists them"):format(class.name)),
      { provider = class.name })
  end

  local function make_view(class, wrap)
    local methods = setmetatable({}, {
      __index = function(_, name) unknown_method(class, name) end,
    })
    for name, method in pairs(class.methods) do
      methods[name] = wrap(name, method)
    end
    local metatable = { __index = methods, __name = class.name }
    return function(client)
      return setmetatable({ client = client }, metatable)
    end
  end

  local function async_view(class)
    return make_view(class, function(name, method)
      local info = class.plain[name]
      if info then
        return function(view, ...)
          return T.call_async(view.client, info, ...)
        end
      end
      return function(view, ...)
        return T.spawn(method, view.client, ...)
      end
    end)
  end

  local function tried(ok, ...)
    if ok then return ... end
    return nil, (...)
  end

  local function try_view(class)
    return make_view(class, function(_, method)
      return function(view, ...)
        return tried(T.pcall(method, view.client, ...))
      end
    end)
  end

  -- Classes -----------------------------------------------------------------

  local function shape_named(shapes, name)
    for _, shape in ipairs(shapes) do
      if shape.name == name then return shape end
    end
  end

  -- What a failed call left behind is an object with an id, as far as we know.
  local function object_maker(class, shape)
    return function(id, client)
      if not shape then return id end
      return setmetatable({ id = id, name = id, driver = client },
        class.metatables[shape.name])
    end
  end

  local function add_methods(class, desc)
    for index, row in ipairs(desc.methods) do
      local info = {
        index = index, what = desc.name .. " " .. row.name,
        object = object_maker(class, shape_named(desc.shapes, row.shape)),
      }
      class.methods[row.name] = make_method(info, row)
      if not row.stream_if and not function_argument(row) then
        class.plain[row.name] = info
      end
      local what = row.gives == "list" and row.name:match("^list_(.*)")
      if what then
        class.methods["iterate_" .. what] = function(client, ...)
          return iterate(client, info, item_of_list, ...)
        end
      end
    end
    for name in pairs(class.methods) do table.insert(class.names, name) end
    table.sort(class.names)
  end

  local function make_class(desc)
    local class = {
      name = desc.name, methods = {}, names = {}, plain = {},
      metatables = {},
    }
    for _, shape in ipairs(desc.shapes) do
      local metatable = make_metatable(shape)
      class.metatables[shape.name] = metatable
      core.shape_metatable(shape.handle, metatable)
    end
    add_methods(class, desc)
    local async, try = async_view(class), try_view(class)
    local metatable = core.driver_metatable(desc.area, desc.name)
    metatable.__name = desc.name
    metatable.__luft_class = class
    function metatable.__index(client, name)
      local method = class.methods[name]
      if method then return method end
      if name == "async" then return async(client) end
      if name == "try" then return try(client) end
      unknown_method(class, name)
    end
    function metatable.__tostring(client)
      return ("<%s %s>"):format(desc.name, (core.origin(client)))
    end
    return class
  end

  -- Opening -----------------------------------------------------------------

  local function warn_unverified(client, desc)
    local origin, verified = core.origin(client)
    if not verified then
      T.complain(("%s: TLS certificates of %s are not verified "
        .. "(verify = false)"):format(desc.name, origin), "warning")
    end
  end

  local function open(desc, options)
    if not T.host.explain then
      return core.open(desc.area, desc.name, options, environment)
    end
    local ok, client = pcall(core.open, desc.area, desc.name, options,
      environment)
    if ok then return client end
    if errors.is(client) then T.raise_call(client) end
    error(client, 0)
  end

  --- A function that opens a driver, from its description.
  function driver_module.opener(desc)
    local class
    return function(options)
      class = class or make_class(desc)
      local client = open(desc, options)
      warn_unverified(client, desc)
      return client
    end
  end

  return driver_module
end
