-- numbers_provider.lua -- a Docker engine whose numbers a spec chooses.

local luft = require "luft"

local provider = { sent = {} }

local container = [[{"Id":"x","Name":"/web","Created":"2015-12-23T01:05:40Z",
  "HostConfig":{"Memory":%s},"Config":{"Image":"image"}}]]

--- A driver for it; what it sends last is in provider.sent.
-- @param numbers.size, numbers.memory  as they stand in the engine's JSON
function provider.docker(numbers)
  luft.transport(function(request)
    if request.target == "/_ping" then
      return { status = 200, headers = { ["Api-Version"] = "1.41" } }
    elseif request.target:find("/images/") then
      return { status = 200, body = ([[[{"Id":"i","Created":1449618009,
        "RepoTags":[],"Size":%s}]].. "]"):format(numbers.size or 1) }
    elseif request.method ~= "GET" or not request.target:find("/containers/")
    then
      provider.sent.target, provider.sent.body = request.target, request.body
    end
    return { status = request.method == "POST" and 201 or 200,
      body = container:format(numbers.memory or 0) }
  end)
  return luft.container.docker { endpoint = "tcp://numbers:2375" }
end

return provider
