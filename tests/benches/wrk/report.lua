-- Prints one line of figures: requests, seconds, HTTP errors, socket errors, median and 99th percentile in ms.
function report(summary, latency)
  local e = summary.errors
  io.stderr:write(string.format("RESULT %d %.6f %d %d %.3f %.3f\n", summary.requests, summary.duration / 1e6,
    e.status, e.connect + e.read + e.write + e.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
