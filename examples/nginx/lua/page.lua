-- page.lua -- the audit as a page: one table, nothing from elsewhere.

local page = {}

local HEAD = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Audit</title>
<style>
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667080;
  --line: #e3e6ea; --card: #ffffff; --ground: #f4f5f7; --good: #1a8a4a;
  --bad: #c8352b; --warn: #b87503; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --soft: #98a1ad;
  --line: #333a44; --card: #1d2229; --ground: #14181d; --good: #4cc481;
  --bad: #ff7a70; --warn: #e5ae45; } }
body { margin: 0; padding: 2.5rem 1.25rem; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 56rem; margin: auto; }
h1 { margin: 0; font-size: 1.5rem; }
p { margin: .25rem 0 1.5rem; color: var(--soft); }
div { overflow-x: auto; background: var(--card); border-radius: .6rem;
  border: 1px solid var(--line); }
table { width: 100%; border-collapse: collapse; white-space: nowrap; }
th, td { padding: .55rem 1rem; text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-size: .8rem; font-weight: 600; }
tbody tr { border-top: 1px solid var(--line); }
tbody td { border-top: 1px solid var(--line); }
code { font: .9em ui-monospace, monospace; }
.soft { color: var(--soft); }
.error { color: var(--bad); white-space: normal; }
.state::before { content: "\25cf\a0"; color: var(--warn); }
.running::before { color: var(--good); }
.stopped::before, .terminated::before { color: var(--soft); }
.error::before { color: var(--bad); }
</style>
</head>
<body>
<main>
<h1>Audit</h1>
<p>{summary}</p>
<div>
<table>
<thead><tr><th>Host<th>Name<th>Image<th>State<th>Since</tr></thead>
]]

local FOOT = [[
</table>
</div>
</main>
</body>
</html>
]]

local FIRST = '<th scope="rowgroup" rowspan="{count}">{host}</th>'

local CONTAINER = '<td>{name}</td><td><code>{image}</code></td>'
  .. '<td><span class="state {state}">{state}</span></td>'
  .. '<td class="soft">{since}</td>'

local NOTHING = '<td colspan="4" class="soft">no containers</td>'

local FAILED = '<td colspan="4" class="state error">{kind}: {message}</td>'

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
  ['"'] = "&quot;", ["'"] = "&#39;" }

-- Puts values where {name} stands; whatever they have in them, it is shown and
-- not obeyed.
local function fill(template, values)
  return (template:gsub("{(%l+)}", function(name)
    return (tostring(values[name] or ""):gsub("[&<>\"']", entities))
  end))
end

local function count_of(number, what)
  return ("%d %s%s"):format(number, what, number == 1 and "" or "s")
end

local function summary_of(hosts)
  local containers, failed = 0, 0
  for _, host in ipairs(hosts) do
    containers = containers + #(host.containers or {})
    if host.error then failed = failed + 1 end
  end
  local text = ("%s on %s"):format(count_of(containers, "container"),
    count_of(#hosts, "host"))
  return failed == 0 and text or ("%s, of which %d failed"):format(text, failed)
end

local function rows_of(host)
  local rows = {}
  for i, container in ipairs(host.containers or {}) do
    rows[i] = fill(CONTAINER, container)
  end
  if host.error then rows[1] = fill(FAILED, host.error) end
  return #rows > 0 and rows or { NOTHING }
end

--- Answers with the page.
-- @param hosts  {name=, containers= or error=} of each
function page.show(hosts)
  ngx.header.content_type = "text/html; charset=utf-8"
  ngx.header.content_security_policy =
    "default-src 'none'; style-src 'unsafe-inline'"
  ngx.print(fill(HEAD, { summary = summary_of(hosts) }))
  for _, host in ipairs(hosts) do
    local rows = rows_of(host)
    rows[1] = fill(FIRST, { host = host.name, count = #rows }) .. rows[1]
    ngx.print("<tbody>\n<tr>", table.concat(rows, "</tr>\n<tr>"),
      "</tr>\n</tbody>\n")
  end
  ngx.print(FOOT)
end

return page
