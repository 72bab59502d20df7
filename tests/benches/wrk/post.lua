-- Posts the file BODY as content type CTYPE; with IDS set, appends the job id of every reply to that file.
dofile(os.getenv("SCRIPTS") .. "/report.lua")
local file = io.open(os.getenv("BODY"), "rb")
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = os.getenv("CTYPE")

if os.getenv("IDS") then
  local ids
  response = function(status, headers, body)
    ids = ids or io.open(os.getenv("IDS"), "a")
    local id = body:match('"jobId"%s*:%s*"([^"]+)"')
    if id then ids:write(id, "\n") ids:flush() end
  end
end

done = function(summary, latency) report(summary, latency) end
