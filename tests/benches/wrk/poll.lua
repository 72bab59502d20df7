-- Asks for the jobs whose ids stand in the file IDS, one after the other, in a scattered order. PREFIX comes before an id.
dofile(os.getenv("SCRIPTS") .. "/report.lua")
local requests, count, at = {}, 0, 0

init = function()
  for id in io.lines(os.getenv("IDS")) do
    count = count + 1
    requests[count] = wrk.format("GET", os.getenv("PREFIX") .. id .. "?f=json")
  end
end

request = function()
  -- A stride that is coprime to most counts: neighbours in time are not neighbours in the store.
  at = (at + 7919) % count
  return requests[at + 1]
end

done = function(summary, latency) report(summary, latency) end
