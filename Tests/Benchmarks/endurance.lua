-- What wrk sends to see whether memory grows: each call for another connection, from another client. At the end, one line of JSON.
local token = os.getenv("BENCHMARK_TOKEN")
local count = tonumber(os.getenv("BENCHMARK_START"))
local wanted = os.getenv("BENCHMARK_STATUSES")

function request()
  count = count + 1
  local address = string.format("10.%d.%d.%d", count / 65536 % 256, count / 256 % 256, count % 256)
  return wrk.format("POST", string.format("/connections/c-%09d/reject", count), {
    ["Host"] = "gateway", ["Authorization"] = "Bearer " .. token, ["X-Forwarded-For"] = address })
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

wrong = 0

function response(status)
  if not wanted:find(status, 1, true) then wrong = wrong + 1 end
end

function done(summary, latency, requests)
  local errors, others = summary.errors, 0
  for _, thread in ipairs(threads) do others = others + thread:get("wrong") end
  io.write(string.format(
    '\n{"calls":%d,"errors":%d}\n', summary.requests,
    errors.connect + errors.read + errors.write + errors.timeout + others))
end
