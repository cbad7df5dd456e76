-- download.lua -- GET /download?name=...: a file from another server, passed on
-- as it comes.

local luft = require "luft"
local reply = require "reply"
local settings = require "settings"

local TIMEOUT = { connect = 5, first_byte = 5, stall = 10 }     -- seconds
local RETRIES = 0               -- each would wait as long again

local PASSED_ON = { "Content-Type", "Content-Length", "Content-Encoding",
  "Last-Modified", "ETag" }

-- A client chooses a name and never a URL: nobody reaches other servers.
local urls = {}
for _, setting in ipairs(settings.downloads) do
  urls[setting.name] = setting.value
end

return reply.handler(function()
  local name = ngx.var.arg_name
  if not name or not urls[name] then
    return reply.refuse(404, "not_found", "there is no download of this name")
  end
  local response = luft.http.request { url = urls[name], stream = true,
    method = ngx.req.get_method(), timeout = TIMEOUT, retries = RETRIES }

  ngx.status = response.status
  for _, header in ipairs(PASSED_ON) do
    ngx.header[header] = response.headers[header]
  end
  ngx.header.content_disposition = 'attachment; filename="' .. name .. '"'
  ngx.send_headers()
  for chunk in response:chunks() do
    ngx.print(chunk)
    ngx.flush(true)     -- no more is fetched before the client has taken this
  end
end)
