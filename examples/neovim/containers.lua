-- containers.lua -- for Neovim: a buffer of the containers on some hosts.  It
-- fills as they answer, and one goes on editing meanwhile.
--
--   nvim -c "luafile examples/neovim/containers.lua" -c "Containers!"
--
--   :Containers                         DOCKER_HOST, or this machine's engine
--   :Containers tcp://alpha tcp://beta  these hosts, asked at once
--   :Containers!                        simulated hosts
--
-- luacheck: read globals vim

local luft = require "luft"
local playground = require "luft.playground"

local SIMULATED = { "tcp://alpha", "tcp://beta", "tcp://gamma" }

-- The lines about a host; an error is one, too.
local function describe(host)
  local docker = luft.container.docker { endpoint = host }
  local list, err = docker.try:list_containers()
  local lines = { tostring(docker) }
  if err then table.insert(lines, "  " .. tostring(err)) end
  for _, container in ipairs(list or {}) do
    table.insert(lines, ("  %-10s %s"):format(container.state, container.name))
  end
  return lines
end

local function fill(buffer, hosts)
  luft.each(hosts, function(host)
    local lines = describe(host)
    if vim.api.nvim_buf_is_valid(buffer) then
      vim.api.nvim_buf_set_lines(buffer, -1, -1, true, lines)
    end
  end)
end

vim.api.nvim_create_user_command("Containers", function(command)
  local hosts = command.fargs
  luft.transport(nil)
  if command.bang then
    hosts = SIMULATED
    playground.install()
  elseif not hosts[1] then
    hosts = { os.getenv("DOCKER_HOST") or "unix:///var/run/docker.sock" }
  end
  local buffer = vim.api.nvim_create_buf(true, true)
  vim.api.nvim_win_set_buf(0, buffer)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, true, { "Containers" })
  luft.run(fill, buffer, hosts)
end, { bang = true, nargs = "*" })
