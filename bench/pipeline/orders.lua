-- Posts orders, each with a number of its own: @NUMBER@ in the template becomes nine digits.
-- BENCH_ORDER: the template's file. BENCH_FIRST: the number before the first.
local count = tonumber(os.getenv("BENCH_FIRST") or "0")
local pieces = {}

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  local file = io.open(os.getenv("BENCH_ORDER"))
  local rest = file:read("*a")
  file:close()
  while true do
    local from, to = rest:find("@NUMBER@", 1, true)
    if not from then break end
    pieces[#pieces + 1] = rest:sub(1, from - 1)
    rest = rest:sub(to + 1)
  end
  pieces[#pieces + 1] = rest
end

function request()
  count = count + 1
  return wrk.format(nil, nil, nil, table.concat(pieces, string.format("%09d", count)))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
