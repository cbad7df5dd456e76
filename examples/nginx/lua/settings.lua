-- settings.lua -- what the environment says, read once as nginx starts.

local settings = {}

-- "alpha=tcp://alpha:2375 beta=tcp://beta:2375" as a list.
local function named(variable, default)
  local list = {}
  for word in (os.getenv(variable) or default):gmatch("%S+") do
    local name, value = word:match("^([%w._-]+)=(.+)$")
    if not name then
      error(("%s takes NAME=VALUE NAME=VALUE ..., not %s"):format(variable,
        word), 0)
    end
    list[#list + 1] = { name = name, value = value }
  end
  return list
end

--- Whether the clouds, and the server of the downloads, are simulated.
settings.simulated = os.getenv("CLOUDS") == nil

--- {name=, value=} of each Docker host; the value is its endpoint.
settings.clouds = named("CLOUDS",
  "alpha=tcp://alpha:2375 beta=tcp://beta:2375 gamma=tcp://gamma:2375")

--- {name=, value=} of each file that may be downloaded; the value is its URL.
settings.downloads = named("DOWNLOADS",
  "lines.txt=http://files.example/lines.txt")

--- What a deploy must show; nil: nobody may deploy.
settings.token = os.getenv("DEPLOY_TOKEN")

if settings.token == "" then settings.token = nil end

return settings
